import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useReducer, useRef, useState } from "react";
import { ME } from "@/api/me";
import type { Interview } from "@/api/types";
import { type Connection, RoomSocket } from "./socket";
import { begun, reduce } from "./state";

/** The interview as it runs, from the socket; `reconnect` is the person's own way on. */
export function useRoom(first: Interview) {
  const client = useQueryClient();
  const [state, dispatch] = useReducer(reduce, first, begun);
  const [connection, setConnection] = useState<Connection>("connecting");
  const [aheadMs, setAheadMs] = useState(0);
  const seq = useRef(state.seq);
  const socket = useRef<RoomSocket | null>(null);
  useEffect(() => {
    seq.current = state.seq;
  }, [state.seq]);
  useEffect(() => {
    const opened = new RoomSocket(first.id, {
      message: dispatch,
      connection: setConnection,
      clock: setAheadMs,
      seq: () => seq.current,
    });
    socket.current = opened;
    return () => opened.close();
  }, [first.id]);
  useEffect(() => {
    if (connection === "ended") void client.invalidateQueries({ queryKey: ME });
  }, [connection, client]);
  return { state, dispatch, connection, aheadMs, reconnect: () => socket.current?.now() };
}
