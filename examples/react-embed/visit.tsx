/** A visit in a page of one's own: who waits is let in, both see and hear each other, and write. */
import { useCall, useChat, useConsultation } from "@bedside/client/react";

export function Visit({ roomId }: { roomId: string }) {
  const { callStatus, peers, join, leave, isConnected } = useCall(roomId);
  const { waiting, admit } = useConsultation(roomId);
  const { entries, send } = useChat(roomId);
  return (
    <main>
      {!isConnected && <p role="status">No connection. What you write is kept and sent later.</p>}
      <p>{callStatus}</p>
      {callStatus === "idle" ? <button onClick={() => void join()}>Join</button> : <button onClick={() => void leave()}>Leave</button>}
      {waiting.map(({ user }) => (
        <button key={user.id} onClick={() => void admit(user.id)}>Let {user.name} in</button>
      ))}
      {peers.map(({ peerId, name, stream }) => (
        <video key={peerId} aria-label={`Picture of ${name}`} ref={(video) => void (video && (video.srcObject = stream))} autoPlay playsInline />
      ))}
      {entries.map((entry) => entry.kind === "message" && <p key={entry.message.id}>{entry.message.content}</p>)}
      <form action={(form) => void send(String(form.get("text")))}>
        <input name="text" aria-label="Message" required /> <button>Send</button>
      </form>
    </main>
  );
}
