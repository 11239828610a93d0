/** What a plugin is: its description and the methods it implements. */
import {
  type ClassName,
  METHOD_NAMES,
  METHODS,
  type MethodName,
  type Params,
  type Result,
} from '../contract/methods.ts'

/** What a method gets beside its params. */
export interface Context {
  /** The method called, for one function that stands for several. */
  readonly method: MethodName
}

/**
 * A method as the plugin's author writes it; it may be async. Its params are checked before, its result after. What a
 * method without a result returns is not looked at.
 */
export type Implementation<M extends MethodName> = [Result<M>] extends [null]
  ? (params: Params<M>, context: Context) => void
  : (params: Params<M>, context: Context) => Result<M> | Promise<Result<M>>

/** The methods of a class by their name after the dot: `ClassMethods<'SR'>` has `probe`, `create`… */
export type ClassMethods<C extends ClassName> = {
  readonly [M in MethodName as M extends `${C}.${infer Name}` ? Name : never]: Implementation<M>
}

/** The answer of Plugin.query, without what is known otherwise. */
export interface QueryDefinition extends Omit<Result<'Plugin.query'>, Derived> {
  /** What no method stands for; the features that the methods imply are added. */
  readonly features?: readonly string[]
  /** Features that methods imply, and that do not hold for what the plugin serves. None unless given. */
  readonly undeclared?: readonly string[]
  /** 5.0 unless given. */
  readonly required_api_version?: '5.0'
  /** None unless given. */
  readonly required_cluster_stack?: readonly string[]
}

type Derived = 'features' | 'required_api_version' | 'required_cluster_stack'

export interface PluginDefinition {
  readonly query: QueryDefinition
  /** Plugin.query is answered from `query`; Plugin.diagnostics has a default that names the plugin and its runtime. */
  readonly Plugin?: Partial<Omit<ClassMethods<'Plugin'>, 'query'>>
  readonly SR?: Partial<ClassMethods<'SR'>>
  readonly Volume?: Partial<ClassMethods<'Volume'>>
  readonly Datapath?: Partial<ClassMethods<'Datapath'>>
  readonly Data?: Partial<ClassMethods<'Data'>>
  readonly Task?: Partial<ClassMethods<'Task'>>
}

/** A method whose params have been checked, and whose result will be. */
export type Method = (params: unknown, context: Context) => unknown

/** A plugin that runPlugin can run. */
export interface Plugin {
  readonly name: string
  /** The methods it implements, in the order of the interface. */
  readonly methods: ReadonlyMap<MethodName, Method>
}

/**
 * Makes a plugin of the methods given.
 * @throws TypeError where the definition has a method that the interface does not have
 */
export function definePlugin(definition: PluginDefinition): Plugin {
  const { query: description, ...classes } = definition
  const given = new Map(
    Object.entries(classes).flatMap(([className, methods]) =>
      Object.entries(methods).map(([name, method]) => [`${className}.${name}`, method as Method | undefined] as const),
    ),
  )
  for (const name of given.keys()) {
    if (!Object.hasOwn(METHODS, name)) throw new TypeError(`${name} is not a method of SMAPIv3`)
  }
  const methods = new Map<MethodName, Method>()
  const own = new Map<string, Method | undefined>([
    ['Plugin.query', () => answerOf(description, methods)],
    ['Plugin.diagnostics', () => `${description.name} ${description.version} on Node.js ${process.version}`],
  ])
  for (const name of METHOD_NAMES) {
    const method = given.get(name) ?? own.get(name)
    if (method !== undefined) methods.set(name, method)
  }
  return { name: description.plugin, methods }
}

function answerOf(query: QueryDefinition, methods: ReadonlyMap<MethodName, Method>): Result<'Plugin.query'> {
  const { features: given = [], undeclared = [], ...rest } = query
  const known = [...given.map(withoutVersion), ...undeclared]
  return {
    ...rest,
    required_api_version: query.required_api_version ?? '5.0',
    features: [...given, ...impliedFeatures(methods).filter((feature) => !known.includes(feature))],
    required_cluster_stack: [...(query.required_cluster_stack ?? [])],
  }
}

/** A feature of several methods (Datapath.open and close make NONPERSISTENT) is there when all of them are. */
function impliedFeatures(methods: ReadonlyMap<MethodName, Method>): readonly string[] {
  const complete = new Map<string, boolean>()
  for (const name of METHOD_NAMES) {
    const { feature } = METHODS[name]
    if (feature !== null) complete.set(feature, methods.has(name) && (complete.get(feature) ?? true))
  }
  return [...complete].flatMap(([feature, isComplete]) => (isComplete ? [feature] : []))
}

/** `VDI_CLONE/2` is version 2 of VDI_CLONE. */
function withoutVersion(feature: string): string {
  return feature.replace(/\/.*$/, '')
}
