/** What a run made and has to remove: registered before it is made, removed last-in first-out. */

/** Something made, or about to be. */
export interface Resource {
  /** For people, who may have to remove it by hand. */
  readonly name: string
  /** Removes it; what was never made, or is gone, is no error. */
  readonly remove: () => Promise<unknown>
}

export class Resources {
  readonly #made: Resource[] = []

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

  /** Removes everything, the last first, and returns what could not be removed with the reason. */
  async removeAll(): Promise<string[]> {
    const left: string[] = []
    for (let resource = this.#made.pop(); resource !== undefined; resource = this.#made.pop()) {
      try {
        await resource.remove()
      } catch (error) {
        left.push(`${resource.name}: ${error instanceof Error ? error.message : error}`)
      }
    }
    return left
  }
}
