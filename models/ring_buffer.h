#pragma once
// The last so many values, over storage that the caller owns.
//
// Cost: constant per call. Bytes: 32, plus the storage.

#include <cassert>
#include <cstddef>
#include <span>
#include <utility>

namespace epsilond::models {

// Overwrites the oldest value when full. Does not own `storage`, which must outlive it.
template <typename T>
class RingBuffer {
 public:
  // The capacity is the size of `storage`, at least 1. What the storage holds is never read before it was pushed.
  explicit RingBuffer(std::span<T> storage) : storage_(storage) { assert(!storage.empty()); }

  void push(T value) {
    storage_[next_] = std::move(value);
    next_ = next_ + 1 == storage_.size() ? 0 : next_ + 1;
    if (size_ < storage_.size()) ++size_;
  }
  std::size_t size() const { return size_; }
  std::size_t capacity() const { return storage_.size(); }
  bool full() const { return size_ == storage_.size(); }
  // `age` 0 is the newest, size() - 1 the oldest; must be below size().
  const T& at_age(std::size_t age) const {
    assert(age < size_);
    return storage_[next_ > age ? next_ - 1 - age : next_ + storage_.size() - 1 - age];
  }
  void clear() {
    next_ = 0;
    size_ = 0;
  }

 private:
  std::span<T> storage_;
  std::size_t next_ = 0;  // where the next value goes
  std::size_t size_ = 0;
};

}  // namespace epsilond::models
