/** The one connection of a React page. */
import { type ReactNode, createContext, useContext, useEffect, useRef, useState } from "react";
import { Bedside, type BedsideOptions } from "../bedside.js";

const Context = createContext<Bedside | null>(null);

export interface BedsideProviderProps {
  client: Bedside;
  children?: ReactNode;
}

/** Gives the hooks below it their connection. */
export function BedsideProvider({ client, children }: BedsideProviderProps): ReactNode {
  // React 18 knows no shorter form.
  return <Context.Provider value={client}>{children}</Context.Provider>;
}

/** The connection of the nearest provider, or of the page. */
export function useClient(given?: Bedside | null): Bedside | null {
  const provided = useContext(Context);
  return given ?? provided;
}

/** Connections that hooks have made, by their address: components that ask for the same one share it. */
const shared = new Map<string, { client: Bedside; users: number }>();

/** What may change without another connection: the newest token function is always asked. */
export type SharedOptions = BedsideOptions & {
  /** Names the connection where a page needs several to one server. */
  name?: string;
};

/**
 * A connection that lives as long as a component that asks for it. Components that ask with the same `url` and `name`
 * share one.
 */
export function useShared(options: SharedOptions | null): Bedside | null {
  const newest = useRef(options);
  newest.current = options;
  const key = options && JSON.stringify([options.url ?? null, options.name ?? null]);
  const [client, setClient] = useState<Bedside | null>(null);
  useEffect(() => {
    if (key === null) return;
    const entry = shared.get(key) ?? { client: new Bedside(fresh(newest)), users: 0 };
    shared.set(key, entry);
    entry.users += 1;
    setClient(entry.client);
    return () => {
      entry.users -= 1;
      setClient(null);
      // Strict mode, or a page that changes views, unmounts and mounts at once: the connection stays.
      setTimeout(() => {
        if (entry.users > 0 || shared.get(key) !== entry) return;
        shared.delete(key);
        entry.client.close();
      }, 0);
    };
  }, [key]);
  return client;
}

function fresh(newest: { current: SharedOptions | null }): BedsideOptions {
  const { name: _, ...options } = newest.current as SharedOptions;
  if (typeof options.token === "string") return options;
  return {
    ...options,
    token: () => {
      const { token } = newest.current ?? options;
      return typeof token === "string" ? token : token();
    },
  };
}
