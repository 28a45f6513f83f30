/** The address of a path of this site, which may lie under a base. */
export const place = (path: string): string => `${import.meta.env.BASE_URL.replace(/\/$/, '')}${path}`
