// The relay as it is commonly written on Socket.IO for Node.js: a token, rooms, and events that are passed on.
import { createServer } from "node:http";
import jwt from "jsonwebtoken";
import { Server } from "socket.io";

const { PORT, SECRET } = process.env;
const http = createServer();
const io = new Server(http, { maxHttpBufferSize: 100_000 });

io.use((socket, next) => {
  try {
    socket.data.userId = jwt.verify(socket.handshake.auth.token, SECRET, { algorithms: ["HS256"] }).sub;
    next();
  } catch {
    next(Object.assign(new Error("the token is not valid"), { data: { code: "token_invalid" } }));
  }
});

io.on("connection", (socket) => {
  socket.emit("session:ready", { sessionId: socket.id, user: { id: socket.data.userId } });
  for (const kind of ["chat", "webrtc"]) {
    socket.on(`${kind}:join_room`, async ({ roomId }, answer) => {
      await socket.join(`${kind}:${roomId}`);
      answer?.({ roomId });
    });
  }
  for (const event of ["webrtc:offer", "webrtc:answer", "webrtc:ice_candidate"]) {
    socket.on(event, ({ roomId, ...signal }, answer) => {
      const room = `webrtc:${roomId}`;
      if (!socket.rooms.has(room)) return answer?.({ error: { code: "not_joined" } });
      socket.to(room).emit(event, { roomId, from: socket.id, ...signal });
      answer?.({});
    });
  }
});

http.listen(Number(PORT), "127.0.0.1");
