"""Several pixels of a row side by side as one value, for kernels that numba's own loops leave too slow.

A value of type `Lanes` is one LLVM vector of unsigned integers, so a kernel says what it does to 32 or 64 pixels at
once and keeps its sums in registers; LLVM turns that into whatever the machine has (SSE, AVX, NEON), but for `eights`,
which is one instruction of x86. Eight statistics per tile of a 1080p frame took 0.45 of the time of the best loops over
columns that numba would vectorise by itself. Everything wraps like unsigned integers of its width; `magnitude` reads
them as signed.

Owns no statistic. With NUMBA_BOUNDSCHECK=1, `load` and `put` check that all they touch lies inside.
"""

# The functions here are code generators for numba: what they take and give are its types, which it does not declare.
# mypy: disable-error-code="no-untyped-def, no-any-return, no-untyped-call, misc"

from __future__ import annotations

import operator
import zlib
from pathlib import Path

from llvmlite import ir
from numba.core import cgutils, config, types
from numba.core.codegen import get_host_cpu_features
from numba.core.datamodel import models
from numba.extending import intrinsic, overload, register_model


class Lanes(types.Type):
    """`n` unsigned integers of `bits` bits each."""

    def __init__(self, bits: int, n: int) -> None:
        self.bits = bits
        self.n = n
        super().__init__(name=f"Lanes({bits}, {n})")

    @property
    def vector(self) -> ir.VectorType:
        """The LLVM type."""
        return ir.VectorType(ir.IntType(self.bits), self.n)

    @property
    def wider(self) -> Lanes:
        """The same with twice as many bits."""
        return Lanes(self.bits * 2, self.n)


@register_model(Lanes)
class _LanesModel(models.PrimitiveModel):
    def __init__(self, manager, lanes):
        super().__init__(manager, lanes, lanes.vector)


def _eights_of() -> tuple[int, ...]:
    """By what numba says itself that it compiles for, which heeds its settings. LLVM would end the process."""
    features = get_host_cpu_features() if config.CPU_FEATURES is None else config.CPU_FEATURES
    given = set(features.split(","))
    if "+avx2" not in given or given & {"-avx2", "-avx"}:
        return ()
    wide = "+avx512bw" in given and not given & {"-avx512bw", "-avx512f"}
    return (64, 32) if wide else (32,)


EIGHTS = _eights_of()
"""How many bytes `eights` takes at a time, most first, by what numba compiles for; others do not compile."""

SOURCE = zlib.crc32(b"".join(path.read_bytes() for path in sorted(Path(__file__).parent.glob("*.py"))))
"""Changes with the files of this folder. A kernel that has it in its closure is compiled anew then; else numba's cache,
which looks at the kernel's own file, would go on with what the others said before."""


def _constant(lanes: Lanes, values: list[int]) -> ir.Constant:
    return ir.Constant(lanes.vector, values)


def _spread(builder, lanes: Lanes, value):
    """One number in every lane."""
    index = ir.IntType(32)
    first = builder.insert_element(ir.Constant(lanes.vector, ir.Undefined), value, ir.Constant(index, 0))
    return builder.shuffle_vector(first, first, ir.Constant(ir.VectorType(index, lanes.n), [0] * lanes.n))


def _chosen(builder, value, places: list[int]):
    mask = ir.Constant(ir.VectorType(ir.IntType(32), len(places)), places)
    return builder.shuffle_vector(value, value, mask)


def _reduced(builder, value, bits: int, n: int, how: str):
    """All lanes as one number, by an operation that LLVM has."""
    vector, number = ir.VectorType(ir.IntType(bits), n), ir.IntType(bits)
    name = f"llvm.vector.reduce.{how}.v{n}i{bits}"
    return builder.call(
        cgutils.get_or_insert_function(builder.module, ir.FunctionType(number, [vector]), name), [value]
    )


@intrinsic(prefer_literal=True)
def load(_typing, plane, y, x, n):
    """`n` pixels of row `y` of a plane from column `x` on. Pixels of a row lie side by side; rows anywhere."""
    lanes = Lanes(plane.dtype.bitwidth, n.literal_value)
    signature = lanes(plane, types.intp, types.intp, n)

    def generate(context, builder, _signature, args):
        array = cgutils.create_struct_proxy(plane)(context, builder, args[0])
        row, column = args[1], args[2]
        if context.enable_boundscheck:
            height, width = cgutils.unpack_tuple(builder, array.shape)
            last = builder.add(column, ir.Constant(column.type, lanes.n - 1))
            for place, length, axis in ((row, height, 0), (column, width, 1), (last, width, 1)):
                cgutils.do_boundscheck(context, builder, place, length, axis)
        pitch = cgutils.unpack_tuple(builder, array.strides)[0]
        address = builder.ptrtoint(array.data, pitch.type)
        step = ir.Constant(pitch.type, lanes.bits // 8)
        address = builder.add(address, builder.add(builder.mul(row, pitch), builder.mul(column, step)))
        pixels = builder.load(builder.inttoptr(address, lanes.vector.as_pointer()))
        pixels.align = lanes.bits // 8
        return pixels

    return signature, generate


@intrinsic
def fetch_ahead(_typing, plane, y, x):
    """Ask for the memory at row `y`, column `x`, which may lie outside the plane: nothing is read."""

    def generate(context, builder, _, args):
        array = cgutils.create_struct_proxy(plane)(context, builder, args[0])
        pitch = cgutils.unpack_tuple(builder, array.strides)[0]
        offset = builder.add(builder.mul(args[1], pitch), builder.mul(args[2], array.itemsize))
        address = builder.add(builder.ptrtoint(array.data, pitch.type), offset)
        pointer, flag = ir.IntType(8).as_pointer(), ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [pointer, flag, flag, flag])
        prefetch = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
        for_reading, into_second_cache, data = (ir.Constant(flag, n) for n in (0, 2, 1))
        builder.call(prefetch, [builder.inttoptr(address, pointer), for_reading, into_second_cache, data])
        return context.get_dummy_value()

    return types.void(plane, types.intp, types.intp), generate


@intrinsic
def widen(_typing, a):
    """The same numbers with twice as many bits."""
    return a.wider(a), lambda context, builder, _, args: builder.zext(args[0], a.wider.vector)


@intrinsic
def nothing(_typing, like):
    """Zeros, of the type of another value."""
    return like(like), lambda context, builder, _, args: _constant(like, [0] * like.n)


@intrinsic
def apart(_typing, a, b):
    """|a - b|."""

    def generate(context, builder, _, args):
        above = builder.icmp_unsigned(">", *args)
        return builder.sub(builder.select(above, *args), builder.select(above, args[1], args[0]))

    return a(a, b), generate


@intrinsic
def eights(_typing, a, b):
    """Sums of |a - b| over eight lanes each, of as many bytes as EIGHTS has: lanes of 64 bits, an eighth as many."""
    sums = Lanes(64, a.n // 8)
    name = {64: "llvm.x86.avx512.psad.bw.512", 32: "llvm.x86.avx2.psad.bw"}.get(a.n)

    def generate(context, builder, _, args):
        kind = ir.FunctionType(sums.vector, [a.vector, a.vector])
        return builder.call(cgutils.get_or_insert_function(builder.module, kind, name), args)

    return (sums(a, b), generate) if a.bits == 8 and name else None


@intrinsic
def each_eighth(_typing, like, first):
    """All bits of the lanes k for which k + `first` is a multiple of 8; zeros elsewhere."""

    def generate(context, builder, _, args):
        places = _constant(like, [k % 8 for k in range(like.n)])
        there = builder.add(places, _spread(builder, like, builder.trunc(args[1], ir.IntType(like.bits))))
        low = builder.and_(there, _constant(like, [7] * like.n))
        return builder.sext(builder.icmp_unsigned("==", low, _constant(like, [0] * like.n)), like.vector)

    return like(like, types.intp), generate


@intrinsic
def pairs(_typing, a):
    """Sums of two lanes each, which must fit in half the bits of a lane, as lanes of so many: of four, the first has
    that of lanes 0 and 1."""
    halves = Lanes(a.bits // 2, a.n // 2)

    def generate(context, builder, _, args):
        both = [_chosen(builder, args[0], list(range(k, a.n, 2))) for k in range(2)]
        return builder.trunc(builder.add(*both), halves.vector)

    return halves(a), generate


@intrinsic
def largest_of_sixteens(_typing, a):
    """The largest of 16 lanes each, in lanes of 32 bits."""
    found = Lanes(32, a.n // 16)

    def generate(context, builder, _, args):
        part = args[0]
        for n in (a.n // 2, a.n // 4, a.n // 8, a.n // 16):
            one, other = (_chosen(builder, part, list(range(k, 2 * n, 2))) for k in range(2))
            part = builder.select(builder.icmp_unsigned(">", one, other), one, other)
        return builder.zext(part, found.vector)

    return found(a), generate


@intrinsic
def put(_typing, row, x, a):
    """Write the lanes to a row of integers as wide as they are, from place `x` on."""

    def generate(context, builder, _, args):
        array = cgutils.create_struct_proxy(row)(context, builder, args[0])
        if context.enable_boundscheck:
            length = cgutils.unpack_tuple(builder, array.shape)[0]
            for place in (args[1], builder.add(args[1], ir.Constant(args[1].type, a.n - 1))):
                cgutils.do_boundscheck(context, builder, place, length, 0)
        place = builder.bitcast(builder.gep(array.data, [args[1]]), a.vector.as_pointer())
        builder.store(args[2], place).align = a.bits // 8
        return context.get_dummy_value()

    right = isinstance(row, types.Array) and row.layout == "C" and row.ndim == 1 and row.dtype.bitwidth == a.bits
    return (types.void(row, types.intp, a), generate) if right else None


@intrinsic
def larger(_typing, a, b):
    """The larger of the two, lane by lane."""
    return a(a, b), lambda context, builder, _, args: builder.select(builder.icmp_unsigned(">", *args), *args)


@intrinsic
def smaller(_typing, a, b):
    """The smaller of the two, lane by lane."""
    return a(a, b), lambda context, builder, _, args: builder.select(builder.icmp_unsigned("<", *args), *args)


@intrinsic
def at_most(_typing, a, level):
    """1 where a lane is at or below a level, which a lane can hold, else 0."""

    def generate(context, builder, _, args):
        level = builder.trunc(args[1], ir.IntType(a.bits))
        return builder.zext(builder.icmp_unsigned("<=", args[0], _spread(builder, a, level)), a.vector)

    return a(a, types.int64), generate


@intrinsic
def beyond(_typing, a, b, by):
    """Bit k is set where lane k of `a` is more than `by`, which a lane can hold, above that of `b`."""

    def generate(context, builder, _, args):
        name = f"llvm.usub.sat.v{a.n}i{a.bits}"
        less = cgutils.get_or_insert_function(builder.module, ir.FunctionType(a.vector, [a.vector] * 2), name)
        least = _spread(builder, a, builder.trunc(args[2], ir.IntType(a.bits)))
        above = builder.icmp_unsigned(">", builder.call(less, args[:2]), least)
        return builder.zext(builder.bitcast(above, ir.IntType(a.n)), ir.IntType(64))

    return types.uint64(a, a, types.int64), generate


@intrinsic
def set_bits(_typing, bits):
    """How many bits are set."""

    def generate(context, builder, _, args):
        number = ir.IntType(64)
        count = cgutils.get_or_insert_function(builder.module, ir.FunctionType(number, [number]), "llvm.ctpop.i64")
        return builder.call(count, args)

    return types.int64(types.uint64), generate


@intrinsic
def magnitude(_typing, a):
    """Absolute values of lanes that are read as signed."""

    def generate(context, builder, _, args):
        zero = _constant(a, [0] * a.n)
        return builder.select(builder.icmp_signed("<", args[0], zero), builder.sub(zero, args[0]), args[0])

    return a(a), generate


@intrinsic
def inverted(_typing, a):
    """All bits the other way round: the smallest number becomes the largest."""
    return a(a), lambda context, builder, _, args: builder.not_(args[0])


@intrinsic
def between(_typing, a, first, last):
    """Lanes first..last (inclusive, at most 127); zeros elsewhere."""

    def generate(context, builder, _, args):
        places = _constant(a, list(range(a.n)))
        low, high = (_spread(builder, a, builder.trunc(arg, ir.IntType(a.bits))) for arg in args[1:])
        inside = builder.and_(builder.icmp_signed(">=", places, low), builder.icmp_signed("<=", places, high))
        return builder.select(inside, args[0], _constant(a, [0] * a.n))

    return a(a, types.intp, types.intp), generate


@intrinsic
def shifted_right(_typing, a):
    """Each lane has its left neighbour; the first one keeps itself."""
    places = [0, *range(a.n - 1)]
    return a(a), lambda context, builder, _, args: _chosen(builder, args[0], places)


@intrinsic
def shifted_left(_typing, a):
    """Each lane has its right neighbour; the last one keeps itself."""
    places = [*range(1, a.n), a.n - 1]
    return a(a), lambda context, builder, _, args: _chosen(builder, args[0], places)


@intrinsic(prefer_literal=True)
def moved_in_fours(_typing, a, up):
    """Within each four lanes, each has its left neighbour (`up`) or its right one, the one at the end 0."""

    def generate(context, builder, _, args):
        fours = ir.VectorType(ir.IntType(4 * a.bits), a.n // 4)
        by = ir.Constant(fours, [a.bits] * (a.n // 4))
        move = builder.shl if up.literal_value else builder.lshr
        return builder.bitcast(move(builder.bitcast(args[0], fours), by), a.vector)

    return a(a, up), generate


@intrinsic(prefer_literal=True)
def cut(_typing, a, k, n):
    """The `n` lanes from lane `k * n` on."""
    count = a.n // n.literal_value
    some = Lanes(a.bits, n.literal_value)
    signature = some(a, types.intp, n)

    def generate(context, builder, _, args):
        parts = [_chosen(builder, args[0], list(range(i * some.n, (i + 1) * some.n))) for i in range(count)]
        found = parts[0]
        for i, part in enumerate(parts[1:], start=1):
            found = builder.select(builder.icmp_signed("==", args[1], ir.Constant(args[1].type, i)), part, found)
        return found

    return signature, generate


@intrinsic(prefer_literal=True)
def total(_typing, a, step):
    """Sum of every `step`-th lane, as a 64-bit integer. It must fit in 32 bits, or the lanes have 64 themselves."""
    places = list(range(0, a.n, step.literal_value))
    bits = max(a.bits, 32)
    signature = types.int64(a, step)

    def generate(context, builder, _, args):
        some = _chosen(builder, args[0], places)
        if a.bits < bits:
            some = builder.zext(some, ir.VectorType(ir.IntType(bits), len(places)))
        summed = _reduced(builder, some, bits, len(places), "add")
        return summed if bits == 64 else builder.zext(summed, ir.IntType(64))

    return signature, generate


@intrinsic
def lane(_typing, a, k):
    """Lane k."""

    def generate(context, builder, _, args):
        return builder.zext(builder.extract_element(*args), ir.IntType(64))

    return types.int64(a, types.intp), generate


@intrinsic
def largest(_typing, a):
    """The largest of the lanes."""

    def generate(context, builder, _, args):
        return builder.zext(_reduced(builder, args[0], a.bits, a.n, "umax"), ir.IntType(64))

    return types.int64(a), generate


def _operator(name: str):
    """An intrinsic of two values of one type that is a single LLVM instruction."""

    @intrinsic
    def both(_typing, a, b):
        return a(a, b), lambda context, builder, _, args: getattr(builder, name)(*args)

    return both


_add, _sub, _mul, _and = _operator("add"), _operator("sub"), _operator("mul"), _operator("and_")


def _lanes_only(both):
    return lambda a, b: (lambda a, b: both(a, b)) if isinstance(a, Lanes) else None


_OPERATORS = ((operator.add, _add), (operator.iadd, _add), (operator.sub, _sub), (operator.mul, _mul))
for _python, _intrinsic in (*_OPERATORS, (operator.and_, _and), (operator.iand, _and)):
    overload(_python)(_lanes_only(_intrinsic))
