import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common'
import { sessions } from './sessions.ts'

/** Lets in who has signed in. */
@Injectable()
export class MemberGuard implements CanActivate {
  async canActivate(context: ExecutionContext): Promise<boolean> {
    const session = await sessions.open(context.switchToHttp().getRequest())
    return session.owner !== undefined
  }
}
