/** How the site searches: MiniSearch, in the page of the visitor. The theme copies these functions into the pages, so they use nothing outside. */
export const searching = {
  options: {},
  searchOptions: {
    /** “How do I …” is no part of the question. */
    processTerm: (term: string): string | null =>
      /^(?:an?|and|are|as|at|can|do|does|for|how|i|in|is|it|my|of|on|or|the|to|what|when|why|with)$/i.test(term)
        ? null
        : term.toLowerCase(),
    fuzzy: (term: string): number | false => (term.length > 4 ? 0.15 : false),
    prefix: (term: string): boolean => term.length > 2,
    boost: { title: 5, titles: 2, text: 1 },
    /** Of pages that hold the words, those that tell what to do come first, and of these the one whose name has the word. */
    boostDocument: (id: string, term: string): number => {
      const isForLater = /^\/(?:decisions|api|frameworks\/names)\/|^\/(?:changelog|contributing|architecture|asvs)\b/.test(id)
      return (isForLater ? 0.25 : 1) * (id.replace(/#.*$/, '').includes(term) ? 2 : 1)
    },
  },
}
