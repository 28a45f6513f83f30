/**
 * Whether one request may wait for what another began. On Cloudflare Workers it may not: all I/O of a request stops once that request
 * was answered, and whoever waits for it hangs (developers.cloudflare.com/workers/observability/errors, "code had hung").
 */
export const mayAwaitOthers: boolean = globalThis.navigator?.userAgent !== 'Cloudflare-Workers'
