import { describe, expect, test } from 'vitest'
import { METHOD_NAMES, type MethodName } from '../../../src/contract/methods.ts'
import { loadValidator, parameterNames } from '../../../src/contract/validate.ts'
import { lacks } from '../../support/needs.ts'
import { answerOf, run } from '../run.ts'
import { callJson, ENVIRONMENT, exampleOf, python, runMethod } from './plugin.ts'

describe.skipIf(lacks('python3'))('each method through the package for Python', () => {
  test.concurrent.each(METHOD_NAMES)('%s gets its params in order, and answers as the schema says', async (method) => {
    const { params, result } = exampleOf(method)
    const called = await callJson(method, params, { answer: python(result) })
    expect({ status: called.status, answer: answerOf(called) }).toEqual({ status: 0, answer: result })
    expect(called.stdout.split('\n')).toHaveLength(2)
    const [, values = 'none'] = /INFO - params (.*)$/m.exec(called.stderr) ?? []
    expect(JSON.parse(values)).toEqual(parameterNames(method).map((name) => params[name]))
    expect((await loadValidator(method)).result(answerOf(called), method)).toBeDefined()
  })

  test.concurrent.each(METHOD_NAMES.filter(takesText))('%s takes its params as arguments', async (method) => {
    const { params, result } = exampleOf(method)
    const words = parameterNames(method).flatMap((name) => wordsOf(name, params[name]))
    const called = await runMethod(method, words, '', { answer: python(result) })
    expect({ status: called.status, stderr: called.stderr, stdout: called.stdout }).toMatchObject({ status: 0 })
    expect(answerOf(called)).toEqual(result)
    const [, values = 'none'] = /INFO - params (.*)$/m.exec(called.stderr) ?? []
    expect(JSON.parse(values)).toEqual(parameterNames(method).map((name) => params[name]))
  })

  test('every method names the param that is missing, and the one of a wrong type', async () => {
    const text = `
import json, sys
import xapi.storage.api.v5.datapath as datapath, xapi.storage.api.v5.plugin as plugin
import xapi.storage.api.v5.task as task, xapi.storage.api.v5.volume as volume
modules = {"Plugin": plugin, "SR": volume, "Volume": volume, "Datapath": datapath, "Data": datapath, "Task": task}
for method, params in json.load(sys.stdin):
    name, function = method.split(".")
    skeleton, dispatcher = (getattr(modules[name], name + end) for end in ("_skeleton", "_server_dispatcher"))
    try:
        getattr(dispatcher(skeleton()), function)(params)
    except Exception as error:
        print(json.dumps([method, type(error).__name__, str(error)]))
`
    const requests = METHOD_NAMES.flatMap((method) => {
      const { params } = exampleOf(method)
      const { [lastOf(method)]: _left, ...others } = params
      return [
        [method, others],
        [method, { ...params, dbg: 7 }],
        [method, params],
      ]
    })
    const input = JSON.stringify(requests)
    const { stdout, stderr } = await run('/usr/bin/python3', ['-c', text], { input, env: ENVIRONMENT })
    expect(stderr).toBe('')
    const answers = stdout.trim().split('\n')
    const expected = METHOD_NAMES.flatMap((method) => [
      [method, 'UnmarshalException', `UnmarshalException thing=argument missing ty=${lastOf(method)} desc=`],
      [method, 'TypeError', 'TypeError expected=string actual=7'],
      [method, 'Unimplemented', method],
    ])
    expect(answers.map((line) => JSON.parse(line))).toEqual(expected)
  })

  test('a method that the plugin does not override says so', async () => {
    const called = await callJson('Volume.compose', exampleOf('Volume.compose').params, { behaviour: 'not overridden' })
    expect(called.status).toBe(1)
    expect(answerOf(called)).toMatchObject({ params: ['Unimplemented', 'Volume.compose'] })
  })

  test('every method is documented, with each of its params', async () => {
    const text = `
import xapi.storage.api.v5.datapath as datapath, xapi.storage.api.v5.plugin as plugin
import xapi.storage.api.v5.task as task, xapi.storage.api.v5.volume as volume
for module, names in ((plugin, ["Plugin"]), (volume, ["SR", "Volume"]), (datapath, ["Datapath", "Data"]), (task, ["Task"])):
    for name in names:
        skeleton = getattr(module, name + "_skeleton")
        for method in dir(skeleton):
            if not method.startswith("_"):
                function = getattr(skeleton, method)
                words = function.__doc__.replace("\\n", " ")
                params = function.__code__.co_varnames[1:]
                assert all(":param %s:" % param in words for param in params), (name, method)
                print(name + "." + method, *params)
`
    const { stdout, stderr } = await run('/usr/bin/python3', ['-c', text], { env: ENVIRONMENT })
    expect(stderr).toBe('')
    const lines = METHOD_NAMES.map((method) => [method, ...parameterNames(method)].join(' '))
    expect(stdout.trim().split('\n').sort()).toEqual(lines.sort())
  })
})

function lastOf(method: MethodName): string {
  return parameterNames(method).at(-1) ?? ''
}

/** All but Data.copy, whose blocklist no toolstack's package takes as an argument; it has a test of its own. */
function takesText(method: MethodName): boolean {
  return method !== 'Data.copy'
}

function wordsOf(name: string, value: unknown): string[] {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return Object.entries(value).flatMap(([key, text]) => [`--${name}`, key, String(text)])
  }
  return [typeof value === 'string' ? value : JSON.stringify(value)]
}
