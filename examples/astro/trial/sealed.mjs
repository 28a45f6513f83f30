import coatcheck from 'coatcheck/astro'

/** The session in the cookie, for a site whose adapter has no store. */
export default { srcDir: './trial', integrations: [coatcheck({ store: false, secretNames: ['NEWER_SECRET', 'SESSION_SECRET'] })] }
