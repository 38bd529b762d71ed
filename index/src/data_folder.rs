use std::fs::DirBuilder;
use std::io;
use std::path::Path;

/// Makes a data folder, and what its path lacks, unless it is there. What lies in it is about people, so where the
/// system knows of owners, only this one may look into it; the rights of a folder that is there are left alone.
pub fn make_data_folder(folder: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn only_the_owner_may_look() {
        let parent = tempfile::tempdir().expect("a folder for the test");
        let folder = parent.path().join("new/data");
        let mode = || fs::metadata(&folder).expect("it is there").permissions().mode() & 0o777;
        make_data_folder(&folder).expect("it is made");
        assert_eq!(mode(), 0o700);
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o750)).expect("its owner decides");
        make_data_folder(&folder).expect("it is there");
        assert_eq!(mode(), 0o750);
    }
}
