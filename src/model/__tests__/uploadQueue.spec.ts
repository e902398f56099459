import { UploadQueue } from '../uploadQueue';

describe('UploadQueue', () => {
  let begun: string[];
  let queue: UploadQueue;

  beforeEach(() => {
    begun = [];
    queue = new UploadQueue(2);
  });

  const enter = (name: string) => queue.enter(() => begun.push(name));

  it('lets two have their turn, and the next when one leaves', () => {
    // Given
    const places = ['a', 'b', 'c', 'd'].map(enter);
    expect(begun).toEqual(['a', 'b']);

    // When
    places[1]?.leave();
    places[1]?.leave();

    // Then
    expect(begun).toEqual(['a', 'b', 'c']);
  });

  it('never begins one that left while it waited', () => {
    const [first, , third] = ['a', 'b', 'c', 'd'].map(enter);
    third?.leave();
    first?.leave();
    expect(begun).toEqual(['a', 'b', 'd']);
  });

  it('lets one enter whose predecessor leaves while it begins', () => {
    queue.enter(() => begun.push('a'));
    const place = queue.enter(() => begun.push('b'));
    queue.enter(() => {
      begun.push('c');
      enter('d');
    });
    place.leave();
    expect(begun).toEqual(['a', 'b', 'c']);
  });

  it('begins nothing once it is closed', () => {
    const [first] = ['a', 'b', 'c'].map(enter);
    queue.close();
    first?.leave();
    enter('d');
    expect(begun).toEqual(['a', 'b']);
  });
});
