/**
 * Plugins in TypeScript: define the methods, and the kit makes an executable of them that follows the SMAPIv3 script
 * protocol.
 */
export type { Int64 } from '../contract/json.ts'
export type { ClassName, MethodName, Methods, Params, Result } from '../contract/methods.ts'
export {
  type ClassMethods,
  type Context,
  definePlugin,
  type Implementation,
  type Plugin,
  type PluginDefinition,
  type QueryDefinition,
} from './define.ts'
export { errors, PluginError } from './errors.ts'
export { runPlugin } from './main.ts'
