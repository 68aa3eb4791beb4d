/** The page around the visit. Here an invitation link says who one is; elsewhere that is the page's own login. */
import { BedsideProvider, useBedside } from "@bedside/client/react";
import { createRoot } from "react-dom/client";
import { Visit } from "./visit";

interface WayIn {
  accessToken: string;
  consultationId: string;
  /** The link belongs to the first device that opens it: this shows that it is the same. */
  deviceKey: string;
}

async function accept(): Promise<WayIn> {
  const token = new URLSearchParams(location.hash.slice(1)).get("token");
  const deviceKey = localStorage.getItem("deviceKey");
  const response = await fetch("/api/v1/invitations/accept", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ token, ...(deviceKey !== null && { deviceKey }) }),
  });
  if (!response.ok) throw new Error(`The link does not open: ${response.status}`);
  return (await response.json()) as WayIn;
}

function Page({ first }: { first: WayIn }) {
  const { client, status, error, retry } = useBedside({ token: async () => (await accept()).accessToken });
  if (status === "stopped") return <button onClick={() => retry()}>{error?.message}: try again</button>;
  if (!client) return <p>Connecting…</p>;
  return (
    <BedsideProvider client={client}>
      <Visit roomId={first.consultationId} />
    </BedsideProvider>
  );
}

const place = document.getElementById("visit");
if (!place) throw new Error("the page has no place for the visit");
try {
  const first = await accept();
  localStorage.setItem("deviceKey", first.deviceKey);
  createRoot(place).render(<Page first={first} />);
} catch (thrown) {
  place.textContent = String(thrown);
}
