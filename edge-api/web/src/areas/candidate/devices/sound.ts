/** A short sound of two soft notes, made here: nothing is loaded. Resolves when it has ended. */
export async function playChime(): Promise<void> {
  const context = new AudioContext();
  await context.resume();
  const end = [523, 659].reduce((start, hertz) => note(context, hertz, start), context.currentTime + 0.05);
  await new Promise((resolve) => setTimeout(resolve, (end - context.currentTime) * 1000 + 100));
  await context.close();
}

function note(context: AudioContext, hertz: number, start: number): number {
  const end = start + 0.45;
  const tone = new OscillatorNode(context, { frequency: hertz });
  const volume = new GainNode(context, { gain: 0 });
  volume.gain.linearRampToValueAtTime(0, start);
  volume.gain.linearRampToValueAtTime(0.3, start + 0.03);
  volume.gain.linearRampToValueAtTime(0, end);
  tone.connect(volume).connect(context.destination);
  tone.start(start);
  tone.stop(end);
  return end;
}
