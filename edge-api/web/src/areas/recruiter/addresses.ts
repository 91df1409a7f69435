/** Reads pasted e-mail addresses. The server has the last word on what an address is. */

export interface Pasted {
  addresses: string[];
  repeated: number;
  wrong: string[];
}

const ADDRESS = /^[^\s@<>]+@[^\s@<>]+\.[^\s@<>]+$/;

/** Takes lines, commas, semicolons and "Name <address>"; keeps the order of first mention. */
export function readAddresses(text: string): Pasted {
  const named = text.replace(/[^<,;\n]*<([^<>\n]*)>/g, " $1 ");
  const words = named.split(/[\s,;]+/).filter(Boolean);
  const right = words.filter((word) => ADDRESS.test(word)).map((word) => word.toLowerCase());
  const addresses = [...new Set(right)];
  return {
    addresses,
    repeated: right.length - addresses.length,
    wrong: words.filter((word) => !ADDRESS.test(word)),
  };
}
