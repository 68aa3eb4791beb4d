export default function Page() {
  return <p>A page in front of Bedside</p>;
}
