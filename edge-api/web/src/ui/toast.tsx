import { X } from "lucide-react";
import { Toast as Primitive } from "radix-ui";
import { createContext, type ReactNode, useCallback, useContext, useState } from "react";
import { useTranslation } from "react-i18next";
import { IconButton } from "./button";

interface Message {
  id: number;
  text: string;
}

const Context = createContext<(text: string) => void>(() => undefined);
let last = 0;

/** Says something that the person did not ask for; what they did ask for is answered in place. */
export function useToast(): (text: string) => void {
  return useContext(Context);
}

export function ToastProvider({ children }: { children: ReactNode }) {
  const { t } = useTranslation();
  const [messages, setMessages] = useState<readonly Message[]>([]);
  const say = useCallback((text: string) => {
    last += 1;
    setMessages((all) => [...all.filter((each) => each.text !== text), { id: last, text }]);
  }, []);
  const drop = (id: number) => setMessages((all) => all.filter((each) => each.id !== id));
  return (
    <Context value={say}>
      <Primitive.Provider duration={8000} label={t("common.toast.one")}>
        {children}
        {messages.map((message) => (
          <Primitive.Root
            key={message.id}
            onOpenChange={(open) => !open && drop(message.id)}
            className="card flex items-start justify-between gap-2 p-4 pr-2"
          >
            <Primitive.Description className="py-2">{message.text}</Primitive.Description>
            <Primitive.Close asChild>
              <IconButton label={t("common.action.close")}>
                <X aria-hidden size={18} />
              </IconButton>
            </Primitive.Close>
          </Primitive.Root>
        ))}
        <Primitive.Viewport
          label={t("common.toast.all")}
          className="fixed right-4 bottom-4 z-50 flex w-[min(380px,calc(100vw-32px))] flex-col gap-2"
        />
      </Primitive.Provider>
    </Context>
  );
}
