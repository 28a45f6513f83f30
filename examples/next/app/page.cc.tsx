export default function Home() {
  return <p>The same for everybody.</p>
}
