import type { Server } from 'node:http'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { folderOf, install } from '../../../../examples/harness.ts'

/** What decorates a class, a method or a parameter, as Nest's decorators do. */
type Decorator = (target: object, name?: string, last?: PropertyDescriptor | number) => unknown
type Maker = (...options: unknown[]) => Decorator
type Named =
  | 'All'
  | 'Controller'
  | 'Get'
  | 'Header'
  | 'Module'
  | 'Post'
  | 'Query'
  | 'Redirect'
  | 'Req'
  | 'Res'
  | 'Session'
  | 'Sse'
  | 'UseFilters'
  | 'UseGuards'
  | 'UseInterceptors'

export interface NestApp {
  init(): Promise<unknown>
  listen(port: number, host: string): Promise<unknown>
  close(): Promise<unknown>
  getHttpServer(): Server
  getHttpAdapter(): { getInstance(): { ready?(): Promise<unknown>; disable?(setting: string): unknown } }
  useWebSocketAdapter(adapter: object): unknown
  use(middleware: unknown): unknown
}

/** The part of Nest that tests use. Its types are those of its own package, which is installed with an example app. */
export interface Nest {
  readonly version: string
  readonly platform: Platform
  readonly common: { readonly [name in Named]: Maker } & {
    readonly HttpException: new (message: string, status: number) => Error
    readonly StreamableFile: new (stream: NodeJS.ReadableStream) => object
  }
  readonly sockets: { readonly SubscribeMessage: Maker; readonly WebSocketGateway: Maker }
  readonly WsAdapter: new (app: NestApp) => object
  /** rxjs's. */
  readonly from: (pieces: AsyncIterable<unknown>) => object
  create(root: object): Promise<NestApp>
}

export type Platform = 'express' | 'fastify'

/** Nest of the example app of this name, over one of its platforms. Installs it where it is not there yet. */
export async function nestOf(name: 'nest' | 'nest-11', platform: Platform): Promise<Nest> {
  await install(name)
  const { resolve } = createRequire(join(folderOf(name), 'package.json'))
  const load = async (id: string) => import(pathToFileURL(resolve(id)).href)
  await load('reflect-metadata')
  const [common, { NestFactory }, sockets, { WsAdapter }, { version }] = await Promise.all(
    ['@nestjs/common', '@nestjs/core', '@nestjs/websockets', '@nestjs/platform-ws', '@nestjs/core/package.json'].map(load),
  )
  const { from } = await load('rxjs')
  const { FastifyAdapter } = await load('@nestjs/platform-fastify')
  return {
    version,
    platform,
    common,
    sockets,
    WsAdapter,
    from,
    create: (root) =>
      NestFactory.create(root, ...(platform === 'fastify' ? [new FastifyAdapter()] : []), { logger: false, abortOnError: false }),
  }
}

/** Decorates a method of a class, and its parameters, as TypeScript does with what stands before them. */
export function decorate(
  { prototype }: { readonly prototype: object },
  name: string,
  decorators: readonly Decorator[],
  parameters: readonly Decorator[] = [],
): void {
  parameters.forEach((each, at) => void each(prototype, name, at))
  const descriptor = Object.getOwnPropertyDescriptor(prototype, name)
  for (const each of decorators.toReversed()) each(prototype, name, descriptor)
}
