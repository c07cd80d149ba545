import { describe, expect, test } from 'vitest'
import { Capacity, type CapacityPlace } from '../../lib/worker/capacity.ts'
import { gate } from '../helpers/definitions.ts'

/** Runs that say when they begin, and end when they are told. */
class Runs {
  readonly begun: string[] = []
  readonly places = new Map<string, CapacityPlace>()
  readonly #doors = new Map<string, ReturnType<typeof gate>>()

  run(name: string): (place: CapacityPlace) => Promise<string> {
    return async (place) => {
      this.begun.push(name)
      this.places.set(name, place)
      await this.#door(name).promise
      return name
    }
  }

  end(name: string): void {
    this.#door(name).open(undefined)
  }

  #door(name: string): ReturnType<typeof gate> {
    const door = this.#doors.get(name) ?? gate()
    this.#doors.set(name, door)
    return door
  }
}

/** All that follows from what was done has happened by then: nothing here waits for anything but promises. */
async function rest(): Promise<void> {
  for (let turn = 0; turn < 50; turn += 1) await Promise.resolve()
}

describe('the places of a worker', () => {
  test('share() begins as many as there are places, and the next when one ends [C69]', async () => {
    const [capacity, runs] = [new Capacity(2), new Runs()]
    const all = ['a', 'b', 'c'].map((name) => capacity.share(runs.run(name)))
    await rest()
    expect(runs.begun).toEqual(['a', 'b'])
    runs.end('b')
    await rest()
    expect(runs.begun).toEqual(['a', 'b', 'c'])
    for (const name of ['a', 'c']) runs.end(name)
    expect(await Promise.all(all)).toEqual(['a', 'b', 'c'])
  })

  test('share() gives a place back when the work throws', async () => {
    const [capacity, runs] = [new Capacity(1), new Runs()]
    await expect(capacity.share(() => Promise.reject(new Error('broken')))).rejects.toThrow('broken')
    void capacity.alone(runs.run('next'))
    await rest()
    expect(runs.begun).toEqual(['next'])
  })

  test('alone() waits for those that run, and holds up those that ask later [C60]', async () => {
    const [capacity, runs] = [new Capacity(3), new Runs()]
    void capacity.share(runs.run('before'))
    void capacity.alone(runs.run('first alone'))
    void capacity.alone(runs.run('second alone'))
    void capacity.share(runs.run('after'))
    await rest()
    expect(runs.begun).toEqual(['before'])
    runs.end('before')
    await rest()
    expect(runs.begun).toEqual(['before', 'first alone'])
    runs.end('first alone')
    await rest()
    expect(runs.begun).toEqual(['before', 'first alone', 'second alone'])
    runs.end('second alone')
    await rest()
    expect(runs.begun).toEqual(['before', 'first alone', 'second alone', 'after'])
  })

  test('endAlone() lets others begin beside the run, once [C60]', async () => {
    const [capacity, runs] = [new Capacity(2), new Runs()]
    void capacity.alone(runs.run('alone'))
    for (const name of ['a', 'b']) void capacity.share(runs.run(name))
    await rest()
    runs.places.get('alone')?.endAlone()
    runs.places.get('alone')?.endAlone()
    await rest()
    expect(runs.begun).toEqual(['alone', 'a'])
    runs.end('alone')
    await rest()
    expect(runs.begun).toEqual(['alone', 'a', 'b'])
  })

  test('a run whose signal fires while it waits never begins, and delays no other run', async () => {
    const [capacity, runs, stop] = [new Capacity(2), new Runs(), new AbortController()]
    void capacity.share(runs.run('before'))
    const waiting = capacity.alone(runs.run('stopped'), stop.signal)
    void capacity.share(runs.run('after'))
    await rest()
    expect(runs.begun).toEqual(['before'])
    stop.abort()
    expect(await waiting).toBeUndefined()
    expect(await capacity.share(runs.run('too late'), stop.signal)).toBeUndefined()
    expect(runs.begun).toEqual(['before', 'after'])
  })
})

describe('a run that starts another one on its own worker', () => {
  test('lends it its place, to one at a time [C69]', async () => {
    const [capacity, runs] = [new Capacity(1), new Runs()]
    const parent = capacity.share(async () =>
      Promise.all(['x', 'y'].map((name) => capacity.share(runs.run(name)))),
    )
    await rest()
    expect(runs.begun).toEqual(['x'])
    runs.end('x')
    await rest()
    expect(runs.begun).toEqual(['x', 'y'])
    runs.end('y')
    expect(await parent).toEqual(['x', 'y'])
  })

  test('keeps its place until the runs that it did not wait for have ended', async () => {
    const [capacity, runs] = [new Capacity(1), new Runs()]
    const parent = capacity.share(() => {
      void capacity.share(runs.run('left behind'))
      return Promise.resolve('over')
    })
    void capacity.share(runs.run('next'))
    expect(await parent).toBe('over')
    await rest()
    expect(runs.begun).toEqual(['left behind'])
    runs.end('left behind')
    await rest()
    expect(runs.begun).toEqual(['left behind', 'next'])
  })

  test('lends no more once it has ended: what it left behind asks for a place like any other', async () => {
    const [capacity, runs, later] = [new Capacity(1), new Runs(), gate()]
    let leftBehind: Promise<unknown> = Promise.resolve()
    await capacity.share(() => {
      leftBehind = later.promise.then(() => capacity.share(runs.run('left behind')))
      return Promise.resolve()
    })
    await rest()
    void capacity.share(runs.run('next'))
    later.open(undefined)
    await rest()
    expect(runs.begun).toEqual(['next'])
    for (const name of ['next', 'left behind']) runs.end(name)
    await leftBehind
    expect(runs.begun).toEqual(['next', 'left behind'])
  })

  test('two that each start a suspect do not wait for each other [C60]', async () => {
    const [capacity, runs] = [new Capacity(2), new Runs()]
    const both = ['p', 'q'].map((name) => capacity.share(() => capacity.alone(runs.run(name))))
    void capacity.share(runs.run('other'))
    await rest()
    // The places of those that only wait are free meanwhile, and the third one asked before the suspects did.
    expect(runs.begun).toEqual(['other'])
    runs.end('other')
    await rest()
    expect(runs.begun).toEqual(['other', 'p'])
    runs.end('p')
    await rest()
    expect(runs.begun).toEqual(['other', 'p', 'q'])
    runs.end('q')
    expect(await Promise.all(both)).toEqual(['p', 'q'])
    expect(await capacity.alone(() => Promise.resolve('all places are free'))).toBeDefined()
  })

  test('a suspect stays alone while the suspect that started it need not be any more [C60]', async () => {
    const [capacity, runs] = [new Capacity(2), new Runs()]
    const parent = capacity.alone(async (place) => {
      runs.places.set('parent', place)
      await capacity.alone(runs.run('child'))
      await runs.run('parent continues')(place)
    })
    void capacity.share(runs.run('other'))
    await rest()
    runs.places.get('parent')?.endAlone()
    await rest()
    expect(runs.begun).toEqual(['child'])
    runs.end('child')
    await rest()
    expect(runs.begun.toSorted()).toEqual(['child', 'other', 'parent continues'])
    for (const name of ['other', 'parent continues']) runs.end(name)
    await parent
  })

  test('takes its place back when the signal fires while its suspect waits [C60]', async () => {
    const [capacity, runs, stop] = [new Capacity(2), new Runs(), new AbortController()]
    void capacity.share(runs.run('other'))
    const parent = capacity.share(async (place) => {
      const child = await capacity.alone(runs.run('child'), stop.signal)
      await runs.run('parent continues')(place)
      return child
    })
    await rest()
    stop.abort()
    await rest()
    void capacity.share(runs.run('third'))
    await rest()
    expect(runs.begun).toEqual(['other', 'parent continues'])
    runs.end('parent continues')
    expect(await parent).toBeUndefined()
    await rest()
    expect(runs.begun).toEqual(['other', 'parent continues', 'third'])
  })
})
