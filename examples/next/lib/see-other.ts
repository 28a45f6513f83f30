/** Where a form leads, on the host that the browser knows. */
export const seeOther = (path: string): Response => new Response(null, { status: 303, headers: { location: path } })
