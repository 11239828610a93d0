/** The class Query (SMAPIv2 bridge, section 7.1). */
import type { Params, Result } from '../../contract/methods.ts'
import { featuresOf } from './features.ts'
import { CALL, type Context, type Method, method } from './method.ts'

export const QUERY: Readonly<Record<string, Method>> = {
  'Query.query': method({
    parameters: CALL,
    run: async (context, { dbg }) => {
      const query = await ask(context, 'Plugin.query', { dbg })
      return {
        smapi_version: 'SMAPIv3',
        supported_image_formats: [],
        required_cluster_stack: query.required_cluster_stack,
        configuration: query.configuration,
        features: featuresOf(query.features, context.host.files(context.plugin, 'volume')),
        required_api_version: query.required_api_version,
        version: query.version,
        copyright: query.copyright,
        vendor: query.vendor,
        description: query.description,
        name: query.name,
        driver: query.plugin,
      }
    },
  }),

  'Query.diagnostics': method({
    parameters: CALL,
    run: (context, { dbg }) => ask(context, 'Plugin.diagnostics', { dbg }),
  }),
}

async function ask<M extends 'Plugin.query' | 'Plugin.diagnostics'>(
  { host, plugin }: Context,
  name: M,
  params: Params<M>,
): Promise<Result<M>> {
  const { outcome } = await host.call(host.files(plugin, 'volume').path, name, params)
  if (outcome.ok) return outcome.value
  throw outcome.error
}
