package io.sqlitereplica.sidecar.memory;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * Where the files of a group are.
 *
 * @param mount where its hierarchy is mounted
 * @param path its own folder, {@code mount} or below
 */
record GroupFolder(Path mount, Path path) {
    /** Fields of {@code /proc/self/mountinfo}, counted from 0 (proc(5)). */
    private static final int ROOT_FIELD = 3;

    private static final int MOUNT_POINT_FIELD = 4;
    private static final int FIELDS_BEFORE_SEPARATOR = 6;

    /**
     * Finds the folder in a hierarchy.
     *
     * @param groups {@code /proc/self/cgroup}: lines of {@code id:controllers:path}
     * @param mounts {@code /proc/self/mountinfo}
     * @param type the file system's name
     * @param hierarchy recognises the hierarchy by its controllers
     */
    static Optional<GroupFolder> find(
            Path root, List<String> groups, List<String> mounts, String type, Predicate<String> hierarchy) {
        for (String group : groups) {
            String[] parts = group.split(":", 3);
            if (parts.length == 3 && hierarchy.test(parts[1])) {
                for (String mount : mounts) {
                    Optional<GroupFolder> folder = at(root, mount, type, hierarchy, parts[2]);
                    if (folder.isPresent()) {
                        return folder;
                    }
                }
            }
        }
        return Optional.empty();
    }

    private static Optional<GroupFolder> at(
            Path root, String mountLine, String type, Predicate<String> hierarchy, String group) {
        List<String> fields = List.of(mountLine.split(" ", -1));
        int separator = fields.subList(Math.min(FIELDS_BEFORE_SEPARATOR, fields.size()), fields.size())
                .indexOf("-");
        if (separator < 0) {
            return Optional.empty();
        }
        List<String> afterSeparator = fields.subList(FIELDS_BEFORE_SEPARATOR + separator + 1, fields.size());
        if (afterSeparator.size() < 3
                || !afterSeparator.getFirst().equals(type)
                || !(type.equals("cgroup2") || hierarchy.test(afterSeparator.get(2)))) {
            return Optional.empty();
        }
        Path mount = below(root, fields.get(MOUNT_POINT_FIELD));
        return Optional.of(new GroupFolder(mount, folder(mount, fields.get(ROOT_FIELD), group)));
    }

    /**
     * In a container, the mount shows the container's own group at its top, while the path may be that of the host. A
     * path that cannot be seen from here leaves the top.
     */
    private static Path folder(Path mount, String mountedGroup, String group) {
        String prefix = mountedGroup.equals("/") ? "" : mountedGroup;
        if (group.equals(mountedGroup) || !group.startsWith(prefix + "/") || group.contains("..")) {
            return mount;
        }
        Path folder = below(mount, group.substring(prefix.length()));
        return Files.isDirectory(folder) ? folder : mount;
    }

    private static Path below(Path folder, String absolute) {
        return folder.resolve(absolute.substring(absolute.startsWith("/") ? 1 : 0));
    }

    /** The folder and those above it in the hierarchy, as far as they can be seen. */
    List<Path> upwards() {
        List<Path> folders = new ArrayList<>();
        for (Path folder = path; folder != null && folder.startsWith(mount); folder = folder.getParent()) {
            folders.add(folder);
        }
        return folders;
    }
}
