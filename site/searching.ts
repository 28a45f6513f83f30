/** How the site searches: MiniSearch, in the page of the visitor. The theme copies these functions into the pages, so they use nothing outside. */
export const searching = {
  options: {},
  searchOptions: {
    fuzzy: 0.15,
    prefix: true,
    boost: { title: 5, titles: 2, text: 1 },
    /** Of pages that hold the words, those that tell what to do come first, and of these the one whose name has the word. */
    boostDocument: (id: string, term: string): number => {
      const isForLater = /^\/(?:decisions|api|frameworks\/names)\/|^\/(?:changelog|contributing|architecture|asvs)\b/.test(id)
      return (isForLater ? 0.35 : 1) * (id.replace(/#.*$/, '').includes(term) ? 2 : 1)
    },
  },
}
