// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.portable;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.classfile.ClassFile;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Field;
import java.lang.reflect.InaccessibleObjectException;

/**
 * A {@link MethodHandles.Lookup} that sees what is private in {@code java.base}: there is no public way to give a
 * virtual thread a scheduler. It is had in one of two ways:
 *
 * <ol>
 * <li>by reflection, if the virtual machine was started with
 *     {@code --add-opens java.base/java.lang.invoke=ALL-UNNAMED} (or {@code =dev.fringe.portable});
 * <li>through JNI, if native access is not denied. The function {@code DefineClass}, called through the foreign
 *     function interface, puts a class with a single method into the package {@code java.lang.invoke}; the method
 *     returns the lookup.
 * </ol>
 */
final class TrustedLookup {

    /** The class that is put into java.lang.invoke. */
    private static final ClassDesc ACCESSOR = ClassDesc.of("java.lang.invoke.FringeLookupAccess");
    private static final ClassDesc LOOKUP = ClassDesc.of("java.lang.invoke.MethodHandles$Lookup");
    private static final String FIELD = "IMPL_LOOKUP";
    private static final String METHOD = "lookup";

    /** Indices into JNI's tables of functions (jni.h), which are part of its specification. */
    private static final int GET_ENV = 6;
    private static final int DEFINE_CLASS = 5;
    private static final int EXCEPTION_CLEAR = 17;
    private static final int JNI_VERSION_10 = 0x000a0000;

    /** How the lookup was had. */
    enum Way {
        /** By reflection, with {@code --add-opens}. */
        OPENED,
        /** By a class that JNI has defined. */
        NATIVE
    }

    /**
     * The lookup, and how it was had.
     *
     * @param lookup sees everything
     * @param way how it was had
     */
    record Found(MethodHandles.Lookup lookup, Way way) {}

    private TrustedLookup() {}

    /**
     * The lookup.
     *
     * @throws ReflectiveOperationException if it can't be had, or not in this virtual machine
     * @throws IllegalCallerException if the package is not opened and native access is denied
     */
    static synchronized Found find() throws ReflectiveOperationException {
        try {
            Field field = MethodHandles.Lookup.class.getDeclaredField(FIELD);
            field.setAccessible(true);
            return new Found((MethodHandles.Lookup) field.get(null), Way.OPENED);
        } catch (InaccessibleObjectException notOpened) {
            return new Found(callAccessor(), Way.NATIVE);
        }
    }

    private static MethodHandles.Lookup callAccessor() throws ReflectiveOperationException {
        Class<?> accessor;
        try {
            accessor = findAccessor(); // another class loader's copy of this library has defined it
        } catch (ClassNotFoundException notYet) {
            defineOnThreadOfItsOwn();
            accessor = findAccessor();
        }
        MethodHandle method = MethodHandles.publicLookup()
                .findStatic(accessor, METHOD, MethodType.methodType(MethodHandles.Lookup.class));
        try {
            return (MethodHandles.Lookup) method.invokeExact();
        } catch (Throwable t) {
            throw new ReflectiveOperationException(t);
        }
    }

    private static Class<?> findAccessor() throws ClassNotFoundException {
        return Class.forName(ACCESSOR.packageName() + "." + ACCESSOR.displayName(), true, null);
    }

    /** A JNI environment belongs to a platform thread, and the caller may be a virtual one. */
    private static void defineOnThreadOfItsOwn() throws ReflectiveOperationException {
        Throwable[] failure = new Throwable[1];
        Thread thread = Thread.ofPlatform().daemon().name("fringe-access").inheritInheritableThreadLocals(false)
                .unstarted(() -> {
                    try (Arena arena = Arena.ofConfined()) {
                        define(arena);
                    } catch (Throwable t) {
                        failure[0] = t;
                    }
                });
        thread.start();
        Uninterruptibly.join(thread);
        if (failure[0] instanceof RuntimeException e) {
            throw e;
        }
        if (failure[0] != null) {
            throw new ReflectiveOperationException(failure[0]);
        }
    }

    /**
     * Has JNI define the class. No reference that JNI returns is kept from one call to the next: HotSpot frees the
     * local references of a thread at the end of each call into native code.
     */
    private static void define(Arena arena) throws Throwable {
        Linker linker = Linker.nativeLinker();
        MethodHandle getCreatedVms = linker.downcallHandle(JvmLibrary.open(arena).symbol("JNI_GetCreatedJavaVMs"),
                FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT, ADDRESS));
        MemorySegment vms = arena.allocate(ADDRESS);
        MemorySegment count = arena.allocate(JAVA_INT);
        if ((int) getCreatedVms.invokeExact(vms, 1, count) != 0 || count.get(JAVA_INT, 0) < 1) {
            throw new IllegalStateException("JNI_GetCreatedJavaVMs does not tell of this virtual machine");
        }
        MemorySegment vm = vms.get(ADDRESS, 0);
        MethodHandle getEnv = linker.downcallHandle(function(vm, GET_ENV),
                FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS, JAVA_INT));
        MemorySegment result = arena.allocate(ADDRESS);
        int status = (int) getEnv.invokeExact(vm, result, JNI_VERSION_10);
        if (status != 0) {
            throw new IllegalStateException("JNI's GetEnv answers " + status);
        }
        MemorySegment environment = result.get(ADDRESS, 0);
        MethodHandle defineClass = linker.downcallHandle(function(environment, DEFINE_CLASS),
                FunctionDescriptor.of(ADDRESS, ADDRESS, ADDRESS, ADDRESS, ADDRESS, JAVA_INT));
        MethodHandle clearException = linker.downcallHandle(function(environment, EXCEPTION_CLEAR),
                FunctionDescriptor.ofVoid(ADDRESS));
        byte[] bytes = accessorClass();
        String name = ACCESSOR.packageName().replace('.', '/') + "/" + ACCESSOR.displayName();
        MemorySegment local = (MemorySegment) defineClass.invokeExact(environment, arena.allocateFrom(name),
                MemorySegment.NULL, arena.allocateFrom(JAVA_BYTE, bytes), bytes.length);
        clearException.invokeExact(environment); // findAccessor() tells whether it has worked
        if (local.equals(MemorySegment.NULL)) {
            findAccessor();
        }
    }

    /** An entry of the table of functions that a JavaVM or a JNIEnv begins with. */
    private static MemorySegment function(MemorySegment object, int index) {
        MemorySegment table = object.reinterpret(ADDRESS.byteSize()).get(ADDRESS, 0);
        return table.reinterpret((index + 1) * ADDRESS.byteSize()).getAtIndex(ADDRESS, index);
    }

    /** A public class with a public static method that returns the field. */
    private static byte[] accessorClass() {
        return ClassFile.of().build(ACCESSOR, type -> type
                .withFlags(ClassFile.ACC_PUBLIC | ClassFile.ACC_FINAL | ClassFile.ACC_SYNTHETIC)
                .withMethodBody(METHOD, MethodTypeDesc.of(LOOKUP), ClassFile.ACC_PUBLIC | ClassFile.ACC_STATIC,
                        code -> code.getstatic(LOOKUP, FIELD, LOOKUP).areturn()));
    }
}
