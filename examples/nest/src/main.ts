import 'reflect-metadata'
import { Module } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { FastifyAdapter } from '@nestjs/platform-fastify'
import { crossSite } from 'coatcheck/csrf'
import { SessionModule } from 'coatcheck/nest'
import { sessions } from './sessions.ts'
import { ShopController } from './shop.ts'

@Module({ imports: [SessionModule.forRoot(sessions)], controllers: [ShopController] })
class AppModule {}

const { PLATFORM = 'express', PORT = '3000' } = process.env

const app =
  PLATFORM === 'fastify'
    ? await NestFactory.create(AppModule, new FastifyAdapter(), { logger: ['error', 'warn'] })
    : await NestFactory.create(AppModule, { logger: ['error', 'warn'] })
// What pages of other sites send in a visitor's name is answered 403.
app.use(crossSite().node)
await app.listen(Number(PORT), '127.0.0.1')
console.log(`Listening on http://localhost:${PORT}/`)
