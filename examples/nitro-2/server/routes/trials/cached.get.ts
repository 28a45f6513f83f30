/** Kept for everybody: whoever asks first must not be seen in it. */
export default defineCachedEventHandler(
  async (event) => {
    const { data } = await useSession<Shop>(event)
    return { user: data.user ?? 'nobody', made: Math.random() }
  },
  { maxAge: 60 },
)
