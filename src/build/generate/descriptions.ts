import { BANNER, definitionName, type Schema, type Schemas } from './schemas.ts'

/** What schemas/ say for people, for the help of plugins: as text, which costs the many calls that show no help nothing. */
export function generateDescriptions({ types, methods }: Schemas): string {
  const of = ({ description, properties, examples = [] }: Schema) => ({
    description: description ?? '',
    params: Object.fromEntries(
      Object.entries(properties?.params?.properties ?? {}).map(([name, schema]) => [name, described(schema, types)]),
    ),
    examples: examples.map(({ params }) => params),
  })
  const rows = [...methods].map(([name, schema]) => `  '${name}': ${literal(JSON.stringify(of(schema)))},\n`)
  return `${BANNER}import type { Methods } from './types.ts'

/** Method → its MethodDescription as JSON, see src/kit/help.ts. */
export const DESCRIPTIONS: Readonly<Record<keyof Methods, string>> = {
${rows.join('')}}
`
}

/** Its own words, or those of what it refers to. */
function described({ description, $ref }: Schema, { definitions = {} }: Schema): string {
  return description ?? definitions[definitionName($ref ?? '')]?.description ?? ''
}

function literal(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
}
