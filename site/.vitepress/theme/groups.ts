// In the place of the theme's VPSidebarGroup.vue, whose folding groups are buttons within buttons: these need no JavaScript, and every
// screen reader knows them.
import { useData, withBase } from 'vitepress'
import type { DefaultTheme } from 'vitepress/theme'
import { defineComponent, h, type PropType } from 'vue'

/** `/guide` and `/guide.html` are one page, `/api/` and `/api/index.html` too. */
const fileOf = (link: string): string =>
  link
    .replace(/^\//, '')
    .replace(/(^|\/)$/, '$1index')
    .replace(/(?:\.html)?$/, '.html')

export default defineComponent({
  props: { items: { type: Array as PropType<DefaultTheme.SidebarItem[]>, required: true } },
  setup(props) {
    const { page } = useData()
    const isHere = ({ link = '' }: DefaultTheme.SidebarItem): boolean =>
      fileOf(link) === page.value.relativePath.replace(/\.md$/, '.html')
    const link = (item: DefaultTheme.SidebarItem) =>
      h('li', [
        h('a', { href: withBase(`/${fileOf(item.link ?? '')}`), ...(isHere(item) && { 'aria-current': 'page' }) }, item.text),
      ])
    return () =>
      props.items.map((group) =>
        h('details', { class: 'pages', key: group.text ?? '', open: !group.collapsed || (group.items ?? []).some(isHere) }, [
          h('summary', group.text),
          h('ul', group.items?.map(link)),
        ]),
      )
  },
})
