import { useCallback, useEffect, useRef, useState } from "react";
import type { Language } from "@/i18n";

const STORED = "viva.read_aloud";
const MS_PER_LETTER = 400; // slower than any voice: one that never reports its end is stopped
export const canReadAloud = "speechSynthesis" in window;

/** Speaks; `speaking` is told of its beginning and, whatever happens, of its end. */
function speak(text: string, language: Language, speaking: (now: boolean) => void): () => void {
  const words = new SpeechSynthesisUtterance(text);
  words.lang = language === "ko" ? "ko-KR" : "en-US";
  let timer: ReturnType<typeof setTimeout> | undefined;
  const ended = () => {
    clearTimeout(timer);
    speaking(false);
  };
  words.onstart = () => speaking(true);
  words.onend = ended;
  words.onerror = ended;
  const stop = () => {
    words.onstart = null;
    speechSynthesis.cancel();
    ended();
  };
  timer = setTimeout(stop, 3000 + text.length * MS_PER_LETTER);
  speechSynthesis.cancel();
  speechSynthesis.speak(words);
  return stop;
}

interface ReadAloud {
  questionId: string;
  text: string;
  language: Language;
  /** Whether the question is read when the person has not chosen. */
  usual: boolean;
  /** False where somebody else speaks: then nothing is read. */
  allowed: boolean;
}

/** Reads each finished question aloud with the browser's own voice, when the person wants it. */
export function useReadAloud({ questionId, text, language, usual, allowed }: ReadAloud) {
  const [chosen, setChosen] = useState(() => localStorage.getItem(STORED));
  const possible = canReadAloud && allowed;
  const on = possible && (chosen === null ? usual : chosen === "1");
  const [speaking, setSpeaking] = useState(false);
  const stop = useRef<() => void>(() => undefined);
  const read = useCallback(() => {
    stop.current();
    stop.current = speak(text, language, setSpeaking);
  }, [text, language]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a question is read once, when it is there
  useEffect(() => {
    if (!on || !questionId) return;
    read();
    return () => stop.current();
  }, [questionId, on]);
  return {
    on,
    possible,
    speaking,
    set: (wanted: boolean) => {
      localStorage.setItem(STORED, wanted ? "1" : "0");
      setChosen(wanted ? "1" : "0");
    },
    again: () => on && read(),
  };
}
