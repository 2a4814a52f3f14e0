// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.portable;

import java.lang.classfile.ClassFile;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Opcode;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.ref.WeakReference;

/**
 * Makes what a thread tells when it is interrupted: an object of the JDK's interface for that, which stays in the thread
 * for as long as that lives. So it must not keep an application that has left, with all its classes. Its class is
 * therefore one of the JDK's loader, hidden, and it refers weakly to what it is to run:
 *
 * {@snippet lang=java :
 * final class Listener extends WeakReference<Runnable> implements Interruptible {
 *     Listener(Object action) { super(action); }
 *     public void interrupt(Thread target) { }
 *     public void postInterrupt() {
 *         Object action = get();
 *         if (action != null) {
 *             ((Runnable) action).run();
 *         }
 *     }
 * }
 * }
 */
final class InterruptListeners {

    private static final ClassDesc WEAK = ClassDesc.of(WeakReference.class.getName());
    private static final ClassDesc RUNNABLE = ClassDesc.of(Runnable.class.getName());
    private static final MethodTypeDesc OF_ACTION = MethodTypeDesc.of(ConstantDescs.CD_void, ConstantDescs.CD_Object);
    private static final MethodTypeDesc OF_NOTHING = MethodTypeDesc.of(ConstantDescs.CD_void);

    private InterruptListeners() {}

    /**
     * Defines the class.
     *
     * @param lookup a trusted one, in the interface that a thread tells
     * @return what makes such an object from a {@link Runnable}, as an {@link Object}
     */
    static MethodHandle maker(MethodHandles.Lookup lookup) throws ReflectiveOperationException {
        Class<?> told = lookup.lookupClass();
        ClassDesc name = ClassDesc.of(told.getPackageName(), "FringeListener");
        byte[] bytecode = ClassFile.of().build(name, c -> c
                .withFlags(ClassFile.ACC_FINAL | ClassFile.ACC_SYNTHETIC)
                .withSuperclass(WEAK)
                .withInterfaceSymbols(ClassDesc.of(told.getName()))
                .withMethodBody(ConstantDescs.INIT_NAME, OF_ACTION, 0, code -> code
                        .aload(0).aload(1).invokespecial(WEAK, ConstantDescs.INIT_NAME, OF_ACTION).return_())
                .withMethodBody("interrupt", MethodTypeDesc.of(ConstantDescs.CD_void, ClassDesc.of(Thread.class.getName())),
                        ClassFile.ACC_PUBLIC, CodeBuilder::return_)
                .withMethodBody("postInterrupt", OF_NOTHING, ClassFile.ACC_PUBLIC, InterruptListeners::run));
        MethodHandles.Lookup inside = lookup.defineHiddenClass(bytecode, true);
        return inside.findConstructor(inside.lookupClass(), MethodType.methodType(void.class, Object.class))
                .asType(MethodType.methodType(Object.class, Runnable.class));
    }

    private static void run(CodeBuilder code) {
        code.aload(0).invokevirtual(WEAK, "get", MethodTypeDesc.of(ConstantDescs.CD_Object)).astore(1)
                .aload(1).ifThen(Opcode.IFNONNULL, present -> present
                        .aload(1).checkcast(RUNNABLE).invokeinterface(RUNNABLE, "run", OF_NOTHING))
                .return_();
    }

    /** Whether an object of this class, or of that of another copy of the library, has nothing to run any more. */
    static boolean isDead(Object listener) {
        return listener instanceof WeakReference<?> reference && reference.get() == null;
    }
}
