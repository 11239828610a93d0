/** What a run made and has to remove: registered before it is made, removed last-in first-out. */

/** Something made, or about to be. */
export interface Resource {
  /** For people, who may have to remove it by hand. */
  readonly name: string
  /** Removes it; what was never made, or is gone, is no error. */
  readonly remove: () => Promise<unknown>
}

/** Removes something, and returns what could not be removed with the reason. */
export async function removed({ name, remove }: Resource): Promise<string[]> {
  try {
    await remove()
    return []
  } catch (error) {
    return [`${name}: ${error instanceof Error ? error.message : error}`]
  }
}

export class Resources {
  readonly #made: Resource[] = []
  #removal: Promise<unknown> = Promise.resolve()

  /** Registers something before it is made; the function returned forgets it again, once it is gone. */
  add(resource: Resource): () => void {
    this.#made.push(resource)
    return () => {
      const index = this.#made.indexOf(resource)
      if (index >= 0) this.#made.splice(index, 1)
    }
  }

  get names(): string[] {
    return this.#made.map(({ name }) => name)
  }

  /**
   * Removes everything, the last first, and returns what could not be removed with the reason. Asked while it removes
   * already, it waits for that.
   */
  removeAll(): Promise<string[]> {
    const removal = this.#removal.then(() => this.#removeAll())
    this.#removal = removal
    return removal
  }

  async #removeAll(): Promise<string[]> {
    const left: string[] = []
    for (let resource = this.#made.pop(); resource !== undefined; resource = this.#made.pop())
      left.push(...(await removed(resource)))
    return left
  }
}
