import type { Language } from "@/i18n";

/** What a person chooses before an interview is made. */
export interface Choices {
  /** Empty: an interview of one's own, with no company. */
  jobId: string;
  scenario: string;
  language: Language;
  /** Null until somebody chooses: the newest that is ready. */
  resumeId: string | null;
  extraTime: string;
  largeText: boolean;
  typedOnly: boolean;
  noCamera: boolean;
}

export interface PartProps {
  choices: Choices;
  onChange: (part: Partial<Choices>) => void;
}
