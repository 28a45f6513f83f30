/** The pages that are tried, with sessions where the settings of the shop say. */
export default { srcDir: './trial' }
