/** Runs one method of one plugin. */
import { asSmapiv3Error } from '../contract/errors.ts'
import { stringifyJson } from '../contract/json.ts'
import { METHODS, type MethodName } from '../contract/methods.ts'
import { redactText, secretsOf } from '../contract/redact.ts'
import { loadValidator, type Validator } from '../contract/validate.ts'
import type { Call, Invocation } from './call.ts'
import { pluginEnvironment } from './environment.ts'
import { newId } from './id.ts'
import { PIPES } from './pipes.ts'
import { OUTPUT_LIMIT, runProcess } from './process.ts'
import { type Reply, readReply } from './reply.ts'

export type { Call, Invocation, PluginShape } from './call.ts'

/**
 * Runs one method of one plugin and reads its reply. Whatever the plugin does, and whatever is wrong with the params,
 * is an outcome: it does not reject.
 */
export async function invoke<M extends MethodName>(call: Call<M>): Promise<Invocation<M>> {
  PIPES.prepare()
  const id = newId()
  let validator: Validator<M>
  let stdin: string
  try {
    validator = await loadValidator(call.method)
    stdin = call.input ?? `${stringifyJson({ ...call.extraParams, ...validator.params(call.params) })}\n`
  } catch (error) {
    return notRun(call, id, error)
  }
  const redact = redactor(call)
  const deadline = call.deadline ?? METHODS[call.method].deadline
  const process = await runProcess({
    argv: argvOf(call),
    cwd: call.cwd,
    environment: call.environment ?? pluginEnvironment(globalThis.process.env),
    stdin,
    deadline,
    signal: call.signal,
    outputLimit: call.outputLimit,
    killGrace: call.killGrace,
    spawner: call.spawner,
  })
  const outcome = orDefect(() =>
    readReply(process, {
      method: call.method,
      script: call.script,
      validator,
      repair: call.repair,
      deadline,
      outputLimit: call.outputLimit ?? OUTPUT_LIMIT,
      redact,
    }),
  )
  const { duration, end, exitStatus, signal, stdout, heldOpen } = process
  const invocation: Invocation<M> = {
    id,
    method: call.method,
    argv: process.argv,
    startedAt: process.startedAt,
    duration,
    end,
    exitStatus,
    signal,
    stderr: process.stderr && redact(process.stderr),
    stdoutBytes: stdout.length,
    heldOpen,
    outcome,
  }
  call.recorder?.record({ call, invocation, stdout })
  return invocation
}

/** The command line of a method (section 3.1 of the script protocol). */
function argvOf({
  method,
  script,
  shape,
}: Pick<Call<MethodName>, 'method' | 'script' | 'shape'>): [string, ...string[]] {
  return shape === 'directory' ? [script, '--json'] : [script, method, '--json']
}

function notRun<M extends MethodName>({ method, ...call }: Call<M>, id: string, thrown: unknown): Invocation<M> {
  return {
    id,
    method,
    argv: argvOf({ method, ...call }),
    startedAt: new Date(),
    duration: 0,
    end: 'not-started',
    exitStatus: null,
    signal: null,
    stderr: '',
    stdoutBytes: 0,
    heldOpen: false,
    outcome: { ok: false, error: asSmapiv3Error(thrown) },
  }
}

/** Removes the secrets of the params; they are looked for only once something has to be shown. */
function redactor<M extends MethodName>({ method, params }: Call<M>): (text: string) => string {
  let secrets: ReadonlySet<string> | undefined
  return (text) => {
    secrets ??= secretsOf(method, params)
    return redactText(text, secrets)
  }
}

function orDefect<M extends MethodName>(read: () => Reply<M>): Reply<M> {
  try {
    return read()
  } catch (thrown) {
    return { ok: false, error: asSmapiv3Error(thrown) }
  }
}
