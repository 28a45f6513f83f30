import {
  type FaceOptions,
  faceOf,
  type LiveSession,
  type Scope,
  type SessionsOptions,
  type SharedOptions,
  sessionsFor,
  sessionsOf,
  warnOfPlainHttp,
  wiredKeeper,
} from '../../core/face.ts'
import { checkKinds, type Kinds } from '../../errors.ts'
import { remixCookie } from '../../foreign/remix.ts'
import type { SameSite } from '../../ticket/cookie.ts'
import type { WebRequest } from '../../web.ts'
import type { Anything, Values } from './config.ts'

export interface AppSessionOptions
  extends SharedOptions,
    Pick<SessionsOptions, 'store' | 'idleTimeout' | 'absoluteTimeout' | 'encryptRecords'> {
  /** Of the cookie. Default `session`. */
  readonly name?: string
  /** Default `/`. */
  readonly path?: string
  readonly domain?: string
  /** Only over HTTPS. Default false, as in Hydrogen's template. */
  readonly secure?: boolean
  /** Default `lax`. */
  readonly sameSite?: SameSite
  /** Writes the signed cookie of Hydrogen's template, for old and new instances side by side. */
  readonly wire?: 'upstream'
}

const KINDS: Kinds = {
  name: 'text',
  path: 'text',
  domain: 'text',
  sameSite: 'text',
  wire: 'text',
  secure: 'true or false',
  secrets: 'list of texts',
  absoluteTimeout: 'number',
  idleTimeout: 'number',
}

type Read<T, K> = (K extends keyof T ? T[K] : undefined) | undefined

const MONTH = 30 * 86_400

/**
 * The session of one request as Hydrogen wants it from 2023 on (`HydrogenSession`): in the place of the class of this name in
 * `app/lib/session.ts`. Its members may be taken from it and called by themselves.
 */
export class AppSession<Data extends object = Values, Flash extends object = Values> {
  readonly #scope: Scope
  readonly #session: LiveSession

  private constructor(scope: Scope, session: LiveSession) {
    this.#scope = scope
    this.#session = session
  }

  /** The session of `request`; the first of `secrets` writes, all of them read. Rejects when the store fails, never for a visitor's input. */
  static async init<Data extends object = Values, Flash extends object = Values>(
    request: WebRequest,
    secrets: readonly string[],
    options: AppSessionOptions = {},
  ): Promise<AppSession<Data, Flash>> {
    checkKinds({ ...options, secrets }, KINDS)
    const made = sessionsFor('hydrogen 2026', { ...options, secrets }, (latest) => sessionsOf(optionsOf(latest)))
    const scope = faceOf(made).detached(request.headers)
    return new AppSession(scope, await scope.open())
  }

  /** Whether there is something for `commit` to store; reading a flash value counts. */
  get isPending(): boolean {
    return this.#session.pending !== 'nothing'
  }
  /** Whether nothing can be written, because the store could not be read (`whenStoreDown`). */
  get readOnly(): boolean {
    return this.#session.readOnly
  }

  /** A value; a flash value that is read is gone with the next commit. */
  readonly get = <K extends (keyof Data | keyof Flash) & string>(key: K): Read<Data, K> | Read<Flash, K> =>
    (this.#session.has(key) ? this.#session.get(key) : this.#session.flash(key)) as Anything

  readonly has = (key: (keyof Data | keyof Flash) & string): boolean =>
    this.#session.has(key) || this.#session.flashKeys().includes(key)

  /** A value; `undefined` removes it, as it would be missing from the next request's JSON. */
  readonly set = <K extends keyof Data & string>(key: K, value: Data[K]): void =>
    void (value === undefined ? this.#session.delete(key) : this.#session.set(key, value))

  readonly unset = (key: keyof Data & string): void => {
    this.#session.delete(key)
  }

  /** Leaves a value for the next time it is read. */
  readonly flash = <K extends keyof Flash & string>(key: K, value: Flash[K]): void =>
    void (value === undefined ? this.#session.flash(key) : this.#session.flash(key, value))

  /** Stores what changed. The `Set-Cookie` line that describes the session; empty: there is nothing to say. */
  readonly commit = async (): Promise<string> => lineOf(await this.#scope.commit())

  /** Ends the session for good; what is set afterwards begins another. The line that clears its cookie; empty: there is none. */
  readonly destroy = async (): Promise<string> => {
    this.#session.restart()
    return lineOf(await this.#scope.commit())
  }
}

const lineOf = ({ current }: { readonly current: readonly (readonly [name: string, value: string])[] }): string =>
  current.find(([name]) => name === 'set-cookie')?.[1] ?? ''

function optionsOf({ secrets, ...options }: AppSessionOptions & { readonly secrets: readonly string[] }): FaceOptions {
  const { name = 'session', path = '/', domain, secure = false, sameSite = 'lax', wire, foreign, ...rest } = options
  warnOfPlainHttp(name, options.secure)
  const { absoluteTimeout = MONTH, idleTimeout = absoluteTimeout } = rest
  const theirs = remixCookie(secrets)
  return {
    ...rest,
    secrets,
    secretRule: 'warn',
    cookie: { name, persistent: false },
    attributes: { path, httpOnly: true, secure, sameSite, ...(domain !== undefined && { domain }) },
    absoluteTimeout,
    idleTimeout,
    foreign: foreign ?? (wire ? [] : [theirs]),
    ...(wire && { keeper: wiredKeeper(theirs) }),
  }
}
