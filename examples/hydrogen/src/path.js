/** Where a page of this app is, under the prefix it may be served with. */
export const path = (to) => `${process.env.BASE ?? ''}${to}`

/** What a form leads to. */
export const seeOther = (to) => new Response(null, { status: 303, headers: { Location: path(to) } })
