/** Standard output and standard error; a reader that went away (`| head`) is no error. */
export class Output {
  #isOpen = true

  constructor() {
    process.stdout.on('error', (error: NodeJS.ErrnoException) => this.#failed(error))
    process.stderr.on('error', () => {})
  }

  /** Writes text as it is; false once nobody reads it any more. */
  write(text: string): boolean {
    if (this.#isOpen && text !== '') process.stdout.write(text)
    return this.#isOpen
  }

  /** Writes text that ends with exactly one newline; nothing for no text. */
  line(text: string): void {
    if (text !== '') this.write(`${text.replace(/\n+$/, '')}\n`)
  }

  /** Writes for people what went wrong. */
  problem(text: string): void {
    process.stderr.write(text)
  }

  /** Returns when everything is written, or nobody reads it any more. */
  async flush(): Promise<void> {
    await Promise.all([flushed(process.stdout), flushed(process.stderr)])
  }

  #failed(error: NodeJS.ErrnoException): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    if (error.code === 'EPIPE') return
    this.problem(`smapiv3: cannot write to standard output: ${error.message}\n`)
    process.exitCode = 6
  }
}

function flushed(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    if (stream.destroyed || !stream.writable) resolve()
    else stream.write('', () => resolve())
  })
}
