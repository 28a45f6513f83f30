import { withBase } from 'vitepress'
import DefaultTheme from 'vitepress/theme-without-fonts'
import { h } from 'vue'
import './style.css'

const allPages = (name: string) => h('a', { class: name, href: withBase('/pages.html') }, 'All pages')

export default {
  extends: DefaultTheme,
  Layout: () =>
    h(DefaultTheme.Layout, null, {
      // The menus of the theme need JavaScript; this link does not.
      'nav-bar-content-before': () => allPages('all-pages'),
      'not-found': () =>
        h('main', { class: 'not-found vp-doc' }, [
          h('h1', 'There is no such page'),
          h('p', ['It may have another name now. ', allPages('link'), ' are listed, and the search finds words in them.']),
        ]),
    }),
}
