/**
 * Standard output and standard error; a reader that went away (`| head`) is no error. What nothing is written to is not
 * touched, since Node makes the streams when they are looked at.
 */
export class Output {
  #isOpen = true
  #stdout: NodeJS.WriteStream | undefined
  #stderr: NodeJS.WriteStream | undefined

  /** Writes text as it is; false once nobody reads it any more. */
  write(text: string): boolean {
    if (this.#isOpen && text !== '') this.#openStdout().write(text)
    return this.#isOpen
  }

  /** Writes text that ends with exactly one newline; nothing for no text. */
  line(text: string): void {
    if (text !== '') this.write(`${text.replace(/\n+$/, '')}\n`)
  }

  /** Writes for people what went wrong. */
  problem(text: string): void {
    this.#openStderr().write(text)
  }

  /** Returns when everything is written, or nobody reads it any more. */
  async flush(): Promise<void> {
    await Promise.all([flushed(this.#stdout), flushed(this.#stderr)])
  }

  #openStdout(): NodeJS.WriteStream {
    this.#stdout ??= process.stdout.on('error', (error: NodeJS.ErrnoException) => this.#failed(error))
    return this.#stdout
  }

  #openStderr(): NodeJS.WriteStream {
    this.#stderr ??= process.stderr.on('error', () => {})
    return this.#stderr
  }

  #failed(error: NodeJS.ErrnoException): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    if (error.code === 'EPIPE') return
    this.problem(`smapiv3: cannot write to standard output: ${error.message}\n`)
    process.exitCode = 6
  }
}

function flushed(stream: NodeJS.WriteStream | undefined): Promise<void> {
  return new Promise((resolve) => {
    if (stream === undefined || stream.destroyed || !stream.writable) resolve()
    else stream.write('', () => resolve())
  })
}
