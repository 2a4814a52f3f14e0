// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.portable;

import java.lang.classfile.ClassFile;
import java.lang.classfile.CodeBuilder;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;

/**
 * Asks whether the calling thread's stack has some room, before anything is done that must not end halfway: a {@link
 * StackOverflowError} in the middle of {@code Continuation.run} ends the process, and in other places a body is lost.
 *
 * <p>What asks are methods that do nothing and have many local variables. The interpreter looks for the room of its
 * frame before it enters one. Compiled code must be able to become interpreted, so at its entry it looks whether
 * there would be room for the interpreter's frame: a store for each page, and that is all. For that, the method needs
 * a place where it could become interpreted: it looks at an object that the compiler believes never to be null. A
 * method of so many variables can't be written down, so it is made here.
 */
final class StackRoom {

    /** Enough for all that happens between a check and the other side's first frame. */
    static final int SOME = 32 * 1024;

    private static final MethodHandle CHECK_SOME = check(SOME);

    /**
     * Not a constant, so that no compiler moves the check into a method that calls it: a body that has been resumed on
     * another stack would not look again, because it looked when it entered that method.
     */
    private static MethodHandle checkMuch = check(CarriedFlow.LEAST_ROOM);

    /** Not final: the compiler must not know that it is not null. */
    private static Object something = new Object();

    private StackRoom() {}

    /**
     * Looks for {@value #SOME} bytes.
     *
     * @throws StackOverflowError if there are not so many
     */
    static void check() {
        try {
            CHECK_SOME.invokeExact(something);
        } catch (Throwable t) {
            throw Sneaky.rethrow(t);
        }
    }

    /** Whether there are {@value #SOME} bytes. */
    static boolean hasSome() {
        try {
            CHECK_SOME.invokeExact(something);
            return true;
        } catch (StackOverflowError e) {
            return false;
        } catch (Throwable t) {
            throw Sneaky.rethrow(t);
        }
    }

    /** Whether there are {@value CarriedFlow#LEAST_ROOM} bytes. */
    static boolean hasMuch() {
        try {
            checkMuch.invokeExact(something);
            return true;
        } catch (StackOverflowError e) {
            return false;
        } catch (Throwable t) {
            throw Sneaky.rethrow(t);
        }
    }

    /** A method whose interpreter frame has at least so many bytes. */
    private static MethodHandle check(int bytes) {
        int slots = bytes / Long.BYTES;
        ClassDesc name = ClassDesc.of(StackRoom.class.getPackageName(), "RoomFor" + bytes);
        MethodTypeDesc type = MethodTypeDesc.of(ConstantDescs.CD_void, ConstantDescs.CD_Object);
        byte[] bytecode = ClassFile.of().build(name, c -> c
                .withFlags(ClassFile.ACC_FINAL | ClassFile.ACC_SYNTHETIC)
                .withMethodBody("look", type, ClassFile.ACC_STATIC, code -> body(code, slots)));
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup().defineHiddenClass(bytecode, true);
            return lookup.findStatic(lookup.lookupClass(), "look", MethodType.methodType(void.class, Object.class));
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(e);
        }
    }

    /** Names the last of the variables, and looks at the object. */
    private static void body(CodeBuilder code, int slots) {
        code.lconst_0().lstore(slots)
                .aload(0).invokevirtual(ConstantDescs.CD_Object, "getClass", MethodTypeDesc.of(ConstantDescs.CD_Class)).pop()
                .return_();
    }
}
