import { FrameGate } from '../frameGate';

describe('FrameGate', () => {
  let told: number;
  let gate: FrameGate;

  beforeEach(() => {
    jest.useFakeTimers();
    told = 0;
    gate = new FrameGate(() => (told += 1));
  });

  afterEach(() => {
    gate.dispose();
    jest.useRealTimers();
  });

  it('tells the first change at once, and the others of a frame together', () => {
    for (let change = 0; change < 100; change += 1) {
      gate.pass();
    }
    expect(told).toBe(1);
    jest.advanceTimersToNextTimer();
    expect(told).toBe(2);
    jest.advanceTimersByTime(1000);
    expect(told).toBe(2);
  });

  it('tells of changes in a page that has no frames', () => {
    const frames = jest
      .spyOn(window, 'requestAnimationFrame')
      .mockReturnValue(1);
    gate.pass();
    gate.pass();
    jest.advanceTimersByTime(1000);
    expect(told).toBe(2);
    frames.mockRestore();
  });

  it('is silent once disposed', () => {
    gate.pass();
    gate.pass();
    gate.dispose();
    gate.pass();
    jest.advanceTimersByTime(1000);
    expect(told).toBe(1);
  });
});
