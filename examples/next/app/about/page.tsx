export default function About() {
  return <p id="about">The same for everybody.</p>
}
