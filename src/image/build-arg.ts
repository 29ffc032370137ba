import type { BuildArg } from '../inputs/build.ts'

/** A build argument as docker takes it. */
export type PassedArg = {
  /** The value of `--build-arg`. */
  readonly argument: string
  /** What the client has to find in its environment for it, if anything. */
  readonly variable?: readonly [string, string]
}

/**
 * Variables that steer the docker client, its plugins, or the runtimes of the languages that they are written in. As an argument
 * of the build, they must not do that.
 */
const CLIENT_VARIABLE = new RegExp(
  `^(?:${[
    'PATH|HOME|USERPROFILE|APPDATA|PROGRAMFILES|PROGRAMDATA|SYSTEMROOT|TMPDIR|TMP|TEMP|PWD|TERM|NO_COLOR|CLICOLOR_FORCE',
    '(?:HTTPS?|FTP|ALL|NO)_PROXY|SSL_CERT_(?:FILE|DIR)|SSLKEYLOGFILE',
    'GO(?:DEBUG|GC|MAXPROCS|MEMLIMIT|TRACEBACK|COVERDIR)|LD_\\w+|DYLD_\\w+|RES_OPTIONS|LOCALDOMAIN',
    '(?:DOCKER|BUILDX|BUILDKIT|MOBY|COMPOSE|OTEL|XDG|SSH)_\\w+|EXPERIMENTAL_BUILDKIT_\\w+|SOURCE_DATE_EPOCH',
  ].join('|')})$`,
  'i',
)

/**
 * Says how a build argument travels: in the environment of the client, where other users of the machine cannot read it, even
 * when the step has another value under that name; or, where the client would obey it, as a word of the command line.
 */
export function passArg(
  { name, value }: BuildArg,
  env: Readonly<Record<string, string | undefined>>,
): PassedArg {
  if (value === undefined || env[name] === value) return { argument: name }
  return CLIENT_VARIABLE.test(name)
    ? { argument: `${name}=${value}` }
    : { argument: name, variable: [name, value] }
}
