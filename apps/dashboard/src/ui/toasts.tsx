import { Toast } from "radix-ui";
import { createContext, type ReactNode, useCallback, useContext, useMemo, useState } from "react";
import { messageOf } from "../api/failure.ts";
import { Icon } from "./icon.tsx";
import "./toasts.css";

interface Message {
  readonly id: number;
  readonly tone: "ok" | "bad";
  readonly title: string;
  readonly text?: string | undefined;
}

export interface Toasts {
  /** It was done. */
  done(title: string, text?: string): void;
  /** It was not, and why. */
  failed(title: string, error: unknown): void;
}

const ToastsContext = createContext<Toasts | undefined>(undefined);

/** How long good news stays; bad news stays longer, as there is something to read. */
const DONE_MS = 4_000;
const FAILED_MS = 12_000;

/** Tells in a corner what came of an action, also to screen readers. F8 leads there. */
export function ToastsProvider({ children }: { readonly children: ReactNode }) {
  const [messages, setMessages] = useState<readonly Message[]>([]);
  const add = useCallback((message: Omit<Message, "id">) => {
    setMessages((all) => [...all.slice(-3), { ...message, id: (all.at(-1)?.id ?? 0) + 1 }]);
  }, []);
  const toasts = useMemo<Toasts>(
    () => ({
      done: (title, text) => add({ tone: "ok", title, text }),
      failed: (title, error) => add({ tone: "bad", title, text: messageOf(error) }),
    }),
    [add],
  );
  const close = (id: number): void => setMessages((all) => all.filter((each) => each.id !== id));
  return (
    <ToastsContext value={toasts}>
      <Toast.Provider swipeDirection="right" label="What was done">
        {children}
        {messages.map(({ id, tone, title, text }) => (
          <Toast.Root
            key={id}
            className={`toast toast-${tone}`}
            duration={tone === "ok" ? DONE_MS : FAILED_MS}
            onOpenChange={(open) => !open && close(id)}
          >
            <Icon name={tone === "ok" ? "check" : "alert"} />
            <div>
              <Toast.Title className="toast-title">{title}</Toast.Title>
              {text && <Toast.Description className="toast-text">{text}</Toast.Description>}
            </div>
            <Toast.Close className="toast-close" aria-label="Close">
              <Icon name="close" size={14} />
            </Toast.Close>
          </Toast.Root>
        ))}
        <Toast.Viewport className="toasts" />
      </Toast.Provider>
    </ToastsContext>
  );
}

export function useToasts(): Toasts {
  const toasts = useContext(ToastsContext);
  if (toasts === undefined) throw new Error("Toasts are used outside of their provider.");
  return toasts;
}
