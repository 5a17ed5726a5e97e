//! Counts what the present thread takes from the heap, so that tests can show
//! that a reader stays within its bound.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

thread_local! {
    static HELD: Cell<usize> = const { Cell::new(0) };
    static MOST: Cell<usize> = const { Cell::new(0) };
}

struct Counting;

#[global_allocator]
static COUNTING: Counting = Counting;

fn take(bytes: usize) {
    // A thread that ends has no counters any more.
    let _ = HELD.try_with(|held| {
        held.set(held.get().wrapping_add(bytes));
        // What another thread took and this one gave back counts below zero.
        if held.get() < usize::MAX / 2 {
            let _ = MOST.try_with(|most| most.set(most.get().max(held.get())));
        }
    });
}

fn give_back(bytes: usize) {
    let _ = HELD.try_with(|held| held.set(held.get().wrapping_sub(bytes)));
}

// SAFETY: every call is passed on to the system's allocator as it came; the
// counters are plain numbers of the thread and allocate nothing.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        take(layout.size());
        // SAFETY: the caller's promise is the one that this call asks for.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        give_back(layout.size());
        // SAFETY: as above.
        unsafe { System.dealloc(pointer, layout) }
    }
}

/// The result of some work, and the most bytes that it held at one time.
pub(crate) fn most_held<T>(work: impl FnOnce() -> T) -> (T, usize) {
    HELD.set(0);
    MOST.set(0);
    let result = work();
    (result, MOST.get())
}

#[test]
fn what_is_held_at_one_time_is_counted() {
    let (length, most) = most_held(|| {
        drop(vec![1_u8; 1000]);
        let kept = vec![1_u8; 300];
        let more = vec![1_u8; 900];
        std::hint::black_box((&kept, &more));
        kept.len()
    });
    assert_eq!((length, most), (300, 1200));
}
