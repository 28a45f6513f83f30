import { Body, Controller, Get, Header, HttpCode, Post, Redirect, UseGuards } from '@nestjs/common'
import { MemberGuard } from './member.ts'
import { homePage, loginPage } from './pages.ts'
import { CurrentSession, type ShopSession } from './sessions.ts'

const HTML = 'text/html; charset=utf-8'

@Controller()
export class ShopController {
  @Get()
  @Header('content-type', HTML)
  home(@CurrentSession() session: ShopSession) {
    return homePage({
      visits: session.update('visits', (visits = 0) => visits + 1),
      cart: session.get('cart') ?? [],
      language: session.get('language') ?? 'en',
      user: session.owner ?? 'guest',
      message: session.flash('message'),
    })
  }

  @Post('cart')
  @Redirect('/', 303)
  add(@CurrentSession() session: ShopSession, @Body('item') item: string) {
    session.update('cart', (cart = []) => [...cart, item])
  }

  @Post('language')
  @Redirect('/', 303)
  choose(@CurrentSession() session: ShopSession, @Body('language') language: string) {
    if (['en', 'de', 'fr'].includes(language)) session.set('language', language)
  }

  @Get('login')
  @Header('content-type', HTML)
  form(@CurrentSession() session: ShopSession) {
    return loginPage(session.flash('message'))
  }

  @Post('login')
  @Redirect('/', 303)
  login(@CurrentSession() session: ShopSession, @Body() body: { readonly username?: string; readonly password?: string }) {
    if (body.username !== 'ada' || body.password !== 'lovelace') {
      session.flash('message', 'Invalid username/password')
      return { url: '/login' }
    }
    session.signIn('ada') // a new ticket for somebody who is more than a guest now
    session.flash('message', 'Welcome, ada')
  }

  @Post('logout')
  @Redirect('/', 303)
  logout(@CurrentSession() session: ShopSession) {
    session.destroy()
  }

  @Get('members')
  @HttpCode(200)
  @UseGuards(MemberGuard)
  members() {
    return 'for members'
  }
}
