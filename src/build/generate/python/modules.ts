/** The modules of the interface in Python: for each class a skeleton, a dispatcher and a command line. */
import { definitionName, type Schema, type Schemas } from '../schemas.ts'
import { constantsFor, formOf } from './forms.ts'
import { docstring, PYTHON_BANNER, quoted } from './text.ts'
import { hintOf } from './types.ts'

interface Module {
  readonly about: string
  /** Class of the interface → what it is. */
  readonly classes: Readonly<Record<string, string>>
}

const MODULES: Readonly<Record<string, Module>> = {
  plugin: {
    about: 'What every plugin tells about itself.',
    classes: { Plugin: 'What the plugin is and what it can do.' },
  },
  volume: {
    about: 'Volume plugins: storage repositories and the volumes in them.',
    classes: {
      SR: 'Storage repositories: where volumes are.',
      Volume: 'Volumes of an attached SR.',
    },
  },
  datapath: {
    about: 'Datapath plugins: how a domain reaches the bytes of a volume.',
    classes: {
      Datapath: 'Connects the volume that a URI names to a domain.',
      Data: 'Long operations on the bytes of a volume.',
    },
  },
  task: {
    about: 'Tasks of a plugin that take long. No toolstack calls them.',
    classes: { Task: 'A task that runs on after the method that started it.' },
  },
}

/** File name → text. */
export function generatePythonModules(schemas: Schemas): [string, string][] {
  return Object.entries(MODULES).map(([name, module]) => [`${name}.py`, moduleText(schemas, module)])
}

function moduleText(schemas: Schemas, { about, classes }: Module): string {
  const names = Object.keys(classes)
  const methods = [...schemas.methods].filter(([name]) => names.includes(classOf(name)))
  const constants = constantsFor(
    schemas.types,
    methods.map(([, schema]) => schema),
  )
  const texts = names.map((name) => {
    const own = methods.filter(([method]) => classOf(method) === name).map((method) => partsOf(schemas, method))
    return classTexts(name, classes[name] ?? '', own)
  })
  return `${PYTHON_BANNER}${docstring([about], '')}
from xapi import (  # noqa: F401
    InternalError,
    MissingDependency,
    Rpc_light_failure,
    TypeError,
    Unimplemented,
    UnknownMethod,
    UnmarshalException,
    XenAPIException,
    handle_exception,
    success,
)
from xapi.storage.api.v5 import _binding, _shapes
from xapi.storage.api.v5._errors import (  # noqa: F401
    Activated_on_another_host,
    Cancelled,
    SR_does_not_exist,
    Sr_not_attached,
    Volume_does_not_exist,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Dict, List

    from xapi.storage.api.v5 import _types

${constants}${texts.join('')}${multiplexer(names)}`
}

interface Parts {
  readonly name: string
  readonly method: string
  readonly description: string
  readonly params: readonly { name: string; shape: string; hint: string; about: string }[]
  readonly result: { shape: string; hint: string; about: string }
}

function partsOf(schemas: Schemas, [method, schema]: [string, Schema]): Parts {
  const params = Object.entries(schema.properties?.params?.properties ?? {}).map(([name, param]) => ({
    name,
    ...described(schemas, param),
  }))
  const result = described(schemas, schema.properties?.result ?? {})
  const name = method.slice(method.indexOf('.') + 1)
  return { name, method, description: schema.description ?? '', params, result }
}

function described(schemas: Schemas, schema: Schema) {
  const definition = schema.$ref === undefined ? undefined : schemas.types.definitions?.[definitionName(schema.$ref)]
  const about = schema.description ?? definition?.description ?? ''
  const hint = hintOf(schema, schemas.types, '_types.')
  return { shape: formOf(schema, schemas.types), hint, about }
}

function classTexts(name: string, about: string, methods: readonly Parts[]): string {
  return `

class ${name}_skeleton:
${docstring([`${about} A plugin derives from this and overrides the methods that it has.`], '    ')}
    def __init__(self):
        pass
${methods.map(skeletonMethod).join('')}

class ${name}_server_dispatcher(_binding.Dispatcher):
    """Calls an implementation of ${name} with checked params, and checks its results."""

    _class = ${quoted(name)}
    _methods = {
${methods.map(tableRow).join('')}    }
${methods.map(({ name }) => `\n    def ${name}(self, args):\n        return self._call(${quoted(name)}, args)\n`).join('')}

class ${name}_commandline(_binding.Commandline):
    """Runs the methods of an implementation of ${name} as programs."""

    _dispatcher = ${name}_server_dispatcher
${methods.map(({ name }) => `\n    def ${name}(self):\n        self._run(${quoted(name)})\n`).join('')}`
}

function skeletonMethod({ name, method, description, params, result }: Parts): string {
  const signature = ['self', ...params.map((param) => `${param.name}: "${param.hint}"`)].join(', ')
  const fields = params.map((param) => `:param ${param.name}: ${param.about}`)
  if (result.hint !== 'None') fields.push(`:return: ${result.about}`)
  return `
    def ${name}(${signature}) -> "${result.hint}":
${docstring([description.replaceAll('\\', '\\\\')], '        ', fields)}        raise Unimplemented(${quoted(method)})
`
}

function tableRow({ name, description, params, result }: Parts): string {
  const rows = params.map(
    (param) => `                (${quoted(param.name)}, ${param.shape}, ${quoted(param.about)}),\n`,
  )
  return `        ${quoted(name)}: _binding.Method(
            ${quoted(description)},
            (
${rows.join('')}            ),
            ${result.shape},
        ),
`
}

/** The dispatcher of all classes of a module. */
function multiplexer(names: readonly string[]): string {
  const module = Object.entries(MODULES).find(([, { classes }]) => names[0] !== undefined && names[0] in classes)?.[0]
  return `

class ${module}_server_dispatcher(_binding.Multiplexer):
    """Answers requests for any class of this module by the dispatcher given for it."""

    def __init__(self, ${names.map((name) => `${name}=None`).join(', ')}):
${names.map((name) => `        self.${name} = ${name}\n`).join('')}        super().__init__({${names.map((name) => `${quoted(name)}: ${name}`).join(', ')}})
`
}

function classOf(method: string): string {
  return method.slice(0, method.indexOf('.'))
}
