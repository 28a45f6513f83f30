import { FileRoutes, Route, Router } from '@shopify/hydrogen'
import renderHydrogen from '@shopify/hydrogen/entry-server'

function NotFound({ response }) {
  response.doNotStream()
  response.status = 404
  return <p>Nothing is here.</p>
}

function App({ response }) {
  return (
    <Router>
      <FileRoutes />
      <Route path="*" page={<NotFound response={response} />} />
    </Router>
  )
}

export default renderHydrogen(App)
