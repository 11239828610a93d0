/** Counters, gauges and histograms in the text format of Prometheus, version 0.0.4. */

/** One sample's labels, in the order of the metric's label names. */
type Labels = readonly string[]

interface Description {
  readonly name: string
  readonly help: string
  readonly labels?: readonly string[]
}

export interface Metric {
  /** Lines of text, each with its end. */
  render(): string
}

export class Counter implements Metric {
  readonly #description: Description
  readonly #values = new Map<string, { labels: Labels; value: number }>()

  constructor(description: Description) {
    this.#description = description
  }

  add(labels: Labels = []): void {
    const key = labels.join('\0')
    const entry = this.#values.get(key) ?? { labels, value: 0 }
    entry.value += 1
    this.#values.set(key, entry)
  }

  render(): string {
    const samples = [...this.#values.values()].map(({ labels, value }) => sample(this.#description, labels, value))
    return head(this.#description, 'counter') + samples.join('')
  }
}

/** Reads its value when it is asked for. */
export class Gauge implements Metric {
  readonly #description: Description
  readonly #read: () => Iterable<readonly [labels: Labels, value: number]>

  constructor(description: Description, read: () => Iterable<readonly [labels: Labels, value: number]>) {
    this.#description = description
    this.#read = read
  }

  render(): string {
    const samples = [...this.#read()].map(([labels, value]) => sample(this.#description, labels, value))
    return head(this.#description, 'gauge') + samples.join('')
  }
}

interface Distribution {
  readonly labels: Labels
  readonly counts: number[]
  sum: number
}

export class Histogram implements Metric {
  readonly #description: Description
  readonly #bounds: readonly number[]
  readonly #values = new Map<string, Distribution>()

  /** @param bounds upper ends of the buckets, ascending; the last bucket has none */
  constructor(description: Description, bounds: readonly number[]) {
    this.#description = description
    this.#bounds = bounds
  }

  observe(labels: Labels, value: number): void {
    const key = labels.join('\0')
    const entry = this.#values.get(key) ?? { labels, counts: [...this.#bounds, Infinity].map(() => 0), sum: 0 }
    const bound = this.#bounds.findIndex((end) => value <= end)
    const bucket = bound < 0 ? this.#bounds.length : bound
    entry.counts[bucket] = (entry.counts[bucket] ?? 0) + 1
    entry.sum += value
    this.#values.set(key, entry)
  }

  render(): string {
    return head(this.#description, 'histogram') + [...this.#values.values()].map((entry) => this.#lines(entry)).join('')
  }

  #lines({ labels, counts, sum }: Distribution): string {
    const { name, help, labels: names = [] } = this.#description
    const bucket = { name: `${name}_bucket`, help, labels: [...names, 'le'] }
    let total = 0
    const lines = counts.map((count, index) => {
      total += count
      return sample(bucket, [...labels, String(this.#bounds[index] ?? '+Inf')], total)
    })
    const own = (suffix: string, value: number) => sample({ name: name + suffix, help, labels: names }, labels, value)
    return lines.join('') + own('_sum', sum) + own('_count', total)
  }
}

function head({ name, help }: Description, type: string): string {
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`
}

function sample({ name, labels: names = [] }: Description, labels: Labels, value: number): string {
  const pairs = names.map((label, index) => `${label}="${escaped(labels[index] ?? '')}"`).join(',')
  return `${name}${pairs === '' ? '' : `{${pairs}}`} ${value}\n`
}

function escaped(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
}
